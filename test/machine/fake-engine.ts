// A CPU engine whose vCPUs run scripts: all of a vCPU's state is in its VcpuState, so that saving, stop points and schedules can be tested without instructions.

import type { SavedValue } from '../../src/base/saved';
import type { CpuEngine, EngineConfig, EngineReturn, EngineStatistics, TranslateResult, VmMemory } from '../../src/engine/cpu-engine';
import type { CpuHost } from '../../src/x86/cpu';
import { Activity, PAGE_SIZE, RAM_BASE, S, STATE_SIZE, VCPU_SAVE } from '../../src/x86/layout';
import { resetState, startupState } from '../../src/x86/system/reset';
import { VcpuState } from '../../src/x86/vcpu-state';

export type FakeOp =
  | { compute: number }
  | { do: (host: CpuHost, state: VcpuState) => void }
  | { hlt: true }
  | { jump: number }
  | { iret: true }
  | { tripleFault: true }
  | { unimplemented: string };

/** Scripts of all vCPUs; `handlers` says where an interrupt of a vector goes on. */
export interface FakeScript {
  ops: readonly FakeOp[];
  handlers?: Readonly<Record<number, number>>;
}

/** Where op n is in memory. */
export const OP_BASE = 0x20_0000;
export const OP_SIZE = 16;
const R12 = 12;
const R13 = 13;
const IF = 0x200n;

class FakeMemory implements VmMemory {
  frameChanges = 0;
  readonly maxRamSize: number;
  private readonly frames = new Map<number, number>();
  readonly buffer: ArrayBufferLike;
  constructor(
    readonly wasm: WebAssembly.Memory,
    readonly ramSize: number,
  ) {
    this.buffer = wasm.buffer;
    this.maxRamSize = ramSize;
  }
  read(gpa: number, length: number): Uint8Array | undefined {
    if (gpa + length > this.ramSize) return undefined;
    return new Uint8Array(this.buffer, RAM_BASE + gpa, length).slice();
  }
  write(gpa: number, bytes: Uint8Array): boolean {
    if (gpa + bytes.length > this.ramSize) return false;
    new Uint8Array(this.buffer, RAM_BASE + gpa, bytes.length).set(bytes);
    return true;
  }
  frame(gfn: number): number {
    return this.frames.get(gfn) ?? 0;
  }
  setFrame(gfn: number, entry: number): void {
    this.frames.set(gfn, entry);
  }
  readPage(page: number, offset: number, length: number): Uint8Array {
    const at = RAM_BASE + page * PAGE_SIZE + offset;
    return new Uint8Array(this.buffer).slice(at, at + length);
  }
  writePage(page: number, offset: number, bytes: Uint8Array): void {
    new Uint8Array(this.buffer).set(bytes, RAM_BASE + page * PAGE_SIZE + offset);
  }
  clear(): void {
    new Uint8Array(this.buffer, RAM_BASE, this.ramSize).fill(0);
  }
  offsetOf(gpa: number): number | undefined {
    return gpa < this.ramSize ? RAM_BASE + gpa : undefined;
  }
}

export class FakeEngine implements CpuEngine {
  readonly memory: VmMemory;
  private readonly states: VcpuState[];
  private readonly stops = new Set<number>();
  private consumed = 0;
  private leave = false;

  lookPeriodically(): void {}
  onLook = (): number => Number.POSITIVE_INFINITY;
  isOver = (): boolean => false;
  readonly sampleAt = 0;
  readonly stackTable = { add: (): void => {}, clear: (): void => {} };
  sample(): number {
    return -1;
  }

  constructor(
    private readonly config: EngineConfig,
    private readonly scripts: readonly FakeScript[],
  ) {
    const pages = Math.ceil((RAM_BASE + config.ramSize) / 0x1_0000);
    const wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { buffer } = wasm;
    this.memory = new FakeMemory(wasm, config.ramSize);
    this.states = config.hosts.map((_, vcpu) => new VcpuState(buffer, VCPU_SAVE + vcpu * STATE_SIZE));
    for (const [vcpu, state] of this.states.entries()) resetState(state, 'power-on', vcpu === 0);
  }

  get vcpuCount(): number {
    return this.states.length;
  }
  state(vcpu: number): VcpuState {
    return this.states[vcpu]!;
  }

  /** The op at RIP; the boot entry is op 0. R12 counts ns inside a compute op. */
  private go(vcpu: number, budgetNs: number, mode: 'run' | 'through' | 'one'): EngineReturn {
    const state = this.states[vcpu]!;
    const host = this.config.hosts[vcpu]!;
    const { ops, handlers = {} } = this.scripts[vcpu]!;
    this.consumed = 0;
    this.leave = false;
    const retire = (ns: number): void => {
      this.consumed += ns;
      state.setU64('retired', state.u64('retired') + BigInt(ns));
    };
    if (state.u64('rip') < BigInt(OP_BASE) || state.u64('rip') >= BigInt(OP_BASE + ops.length * OP_SIZE))
      state.setU64('rip', BigInt(OP_BASE));
    while (this.consumed < budgetNs) {
      if (state.u32('intrPending') !== 0 && (state.u64('rflags') & IF) !== 0n) {
        const vector = host.acknowledgeInterrupt();
        if (vector !== undefined) {
          host.event('interrupt', vector, 0);
          state.setU32('activity', Activity.running);
          state.setGpr(R13, state.u64('rip'));
          state.setU64('rip', BigInt(OP_BASE + handlers[vector]! * OP_SIZE));
          state.setU64('rflags', state.u64('rflags') & ~IF);
          this.consumed += 1;
          if (this.leave) return { kind: 'left' };
          if (mode === 'one') break;
          continue;
        }
      }
      if (state.u32('activity') !== Activity.running) return { kind: 'halted' };
      const rip = state.u64('rip');
      const index = (Number(rip) - OP_BASE) / OP_SIZE;
      if (mode !== 'one' && this.stops.has(Number(rip)) && state.u32('resumeFlag') === 0 && state.gpr(R12) === 0n) {
        return { kind: 'stop-point', rip, linear: rip, gpa: Number(rip), again: false };
      }
      state.setU32('resumeFlag', 0);
      const op = ops[index]!;
      const next = (): void => {
        state.setU64('rip', BigInt(OP_BASE + ((index + 1) % ops.length) * OP_SIZE));
        state.setGpr(R12, 0n);
      };
      if ('compute' in op) {
        const done = Number(state.gpr(R12));
        const ns = mode === 'one' ? 1 : Math.min(op.compute - done, budgetNs - this.consumed);
        retire(ns);
        state.setGpr(R12, BigInt(done + ns));
        if (done + ns >= op.compute) next();
      } else if ('do' in op) {
        if (mode === 'run') return { kind: 'border' };
        op.do(host, state);
        retire(1);
        next();
      } else if ('hlt' in op) {
        retire(1);
        next();
        state.setU32('activity', Activity.halted);
        if (!this.wakeable(vcpu)) return { kind: 'halted' };
      } else if ('jump' in op) {
        retire(1);
        state.setU64('rip', BigInt(OP_BASE + op.jump * OP_SIZE));
      } else if ('iret' in op) {
        retire(1);
        state.setU64('rip', state.gpr(R13));
        state.setU64('rflags', state.u64('rflags') | IF);
      } else if ('tripleFault' in op) {
        state.setU32('activity', Activity.shutdown);
        const fault = { cs: 8, rip };
        return {
          kind: 'shutdown',
          chain: [
            { ...fault, vector: 14, errorCode: 2, address: 0xdead000n },
            { ...fault, vector: 14, errorCode: 0, address: 0x1000n },
            { ...fault, vector: 8, errorCode: 0, address: undefined },
          ],
        };
      } else {
        return { kind: 'unimplemented', text: op.unimplemented, rip };
      }
      if (this.leave) return { kind: 'left' };
      if (mode === 'one') break;
    }
    return { kind: 'budget' };
  }

  run(vcpu: number, budgetNs: number): EngineReturn {
    return this.go(vcpu, budgetNs, 'run');
  }
  runThrough(vcpu: number, budgetNs: number, wantedNs = budgetNs): EngineReturn {
    return this.go(vcpu, wantedNs, 'through');
  }
  runBorder(vcpu: number): EngineReturn {
    return this.go(vcpu, 1, 'one');
  }
  servedNs(): number {
    return 0;
  }
  trips(): number {
    return 0;
  }

  consumedNs(): number {
    return this.consumed;
  }
  retired(vcpu: number): number {
    return Number(this.states[vcpu]!.u64('retired'));
  }
  instructionRip(vcpu: number): bigint {
    return this.states[vcpu]!.u64('rip');
  }
  charge(ns: number): void {
    this.consumed += ns;
  }
  requestLeave(): void {
    this.leave = true;
  }
  setInterruptPending(vcpu: number, pending: boolean): void {
    this.states[vcpu]!.setU32('intrPending', pending ? 1 : 0);
  }
  raiseNmi(vcpu: number): void {
    this.states[vcpu]!.setU32('nmiPending', 1);
  }
  init(vcpu: number): void {
    resetState(this.states[vcpu]!, 'init', vcpu === 0);
  }
  startup(vcpu: number, vector: number): void {
    startupState(this.states[vcpu]!, vector);
    this.states[vcpu]!.setU64('rip', BigInt(OP_BASE));
  }
  wakeable(vcpu: number): boolean {
    const state = this.states[vcpu]!;
    return state.u32('intrPending') !== 0 && (state.u64('rflags') & IF) !== 0n;
  }
  setStopPoints(linear: readonly bigint[], physical: readonly number[]): void {
    this.stops.clear();
    for (const address of [...linear.map(Number), ...physical]) this.stops.add(address);
  }
  dropHeld(): void {}
  setWatchpoints(): void {}
  beginWriteLog(): void {}
  settleWriteLog(): void {}
  useLog(): Uint8Array {
    return new Uint8Array();
  }
  endWriteLog(): void {}
  fetchLog(): Uint8Array {
    return new Uint8Array(0);
  }
  replacePage(): void {}
  observe(): void {}
  takeWatchHits(): [] {
    return [];
  }
  translate(_vcpu: number, linear: bigint): TranslateResult | undefined {
    return { gpa: Number(linear), writable: true, user: true, executable: true };
  }
  translateInto(_vcpu: number, lo: number, hi: number, into: TranslateResult): boolean {
    Object.assign(into, this.translate(0, (BigInt(hi) << 32n) | BigInt(lo)));
    return true;
  }
  flushCode(): void {}
  flushTlb(): void {}
  saveVcpu(vcpu: number): SavedValue {
    return new Uint8Array(this.memory.buffer, VCPU_SAVE + vcpu * STATE_SIZE, S.end).slice();
  }
  restoreVcpu(vcpu: number, saved: SavedValue): void {
    new Uint8Array(this.memory.buffer, VCPU_SAVE + vcpu * STATE_SIZE, S.end).set(saved as Uint8Array);
  }
  regionReports(): readonly [] {
    return [];
  }
  liveRegions(): readonly [] {
    return [];
  }
  countRegions(): void {}
  readonly countsRegions = false;
  statistics(): EngineStatistics {
    return {
      dispatches: 0,
      instructions: 0,
      blocksDecoded: 0,
      codeInvalidations: 0,
      tlbMisses: 0,
      pauses: 0,
      compiledInstructions: 0,
      regionsCompiled: 0,
      regionsDropped: 0,
      regionCompileMs: 0,
      regionsLive: 0,
      regionBytes: 0,
    };
  }
}
