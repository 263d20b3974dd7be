// The CPU engine: decoded blocks run in the generated interpreter, everything else (helpers, faults, interrupts, border, budget) here, at exact instruction
// counts. Invariant: `run` is the same whether it is cut into many runs or not.
import { assert } from '../base/assert';
import type { SavedValue } from '../base/saved';
import type { Cpu, Helper, HelperInsn } from '../x86/cpu';
import { Decoder } from '../x86/decode/decoder';
import { CpuFault, Unimplemented, Vector } from '../x86/fault';
import { type AddressSpec, effectiveAddress } from '../x86/general/effective-address';
import { INSN_ROWS } from '../x86/insn/rows';
import { Activity, FrameKind, ModeBit, S, SEGMENT_STRIDE, Seg, SegmentField, STATE, STATE_SIZE, VCPU_SAVE } from '../x86/layout';
import { VECTOR_OPERATIONS } from '../x86/simd/operations';
import { type Delivery, fromFault } from '../x86/system/delivery';
import { updateMode } from '../x86/system/mode';
import { raise } from '../x86/system/raise';
import { resetState, startupState } from '../x86/system/reset';
import { VcpuState } from '../x86/vcpu-state';
import { AccessPath } from './access';
import { BlockBuilder } from './block-builder';
import { type Block, CodeCache, type Description } from './code-cache';
import type { CpuEngine, EngineConfig, EngineReturn, EngineStatistics, FaultRecord, TranslateResult } from './cpu-engine';
import { buildCatalogue, type HandlerCatalogue, Micro } from './handlers';
import { buildInterpreter, type InterpreterExports, type InterpreterImports } from './interpreter';
import { Mmu, Want } from './mmu';
import { peekTranslate } from './peek';
import { DISPATCHES, Exit, R, RECORD_SIZE, Slot } from './record';
import { VcpuTlb } from './tlb';
import { EngineMemory } from './vm-memory';

const STACK_USERS = new Set(['PUSH', 'POP', 'CALL', 'RET', 'LEAVE', 'PUSHF']);

type RunKind = 'stop-at-border' | 'through' | 'one';

interface Vcpu {
  index: number;
  state: VcpuState;
  tlb: VcpuTlb;
  cpu: Cpu;
  /** Where the interpreter left in the middle of a block, to go on there. */
  resumeRecord: number;
  resumeGeneration: number;
  resumeRip: bigint;
}

export interface EngineOptions {
  /** The interpreter's module as `buildInterpreter` makes it for this kind of memory, where it was made before (at build time). */
  interpreter?: Uint8Array<ArrayBuffer>;
  helpers: Readonly<Record<string, Helper>>;
  /** Text of an instruction that is not supported, for the message. */
  describe?: (bytes: Uint8Array, mode: number) => string;
}

export class WasmEngine implements CpuEngine {
  readonly memory: EngineMemory;
  readonly vcpuCount: number;
  private readonly vcpus: Vcpu[] = [];
  private readonly access: AccessPath;
  private readonly mmu: Mmu;
  private readonly cache: CodeCache;
  private readonly builder: BlockBuilder;
  private readonly catalogue: HandlerCatalogue;
  private readonly decoder = new Decoder(INSN_ROWS);
  private readonly exports: InterpreterExports;
  private loaded = 0;

  /** Virtual ns left in this run, and what it began with. */
  private left = 0;
  private budget = 0;
  private kind: RunKind = 'through';
  private leaveRequested = false;
  /** RIP of the instruction whose helper runs. */
  private helperRip: bigint | undefined;
  private pendingFault: CpuFault | undefined;
  private pauseInRun = 0;
  /** Direct branch that left because its target was not linked: record, and block generation. */
  private unlinked = 0;
  private unlinkedGeneration = -1;
  private stopLinear = new Set<bigint>();
  private stopPhysical = new Set<number>();
  private stopPageOffsets = new Set<number>();

  constructor(
    private readonly config: EngineConfig,
    private readonly options: EngineOptions,
  ) {
    this.vcpuCount = config.vcpus;
    this.memory = new EngineMemory(config.ramSize, config.maxRamSize, config.sharedMemory);
    const { memory } = this;
    this.catalogue = buildCatalogue(INSN_ROWS);
    this.cache = new CodeCache(memory, (offset) => {
      for (const vcpu of this.vcpus) vcpu.tlb.rearm(offset | 0);
    });
    this.mmu = new Mmu(memory, (offset) => this.cache.invalidate(offset, 8));
    this.access = new AccessPath(memory, this.mmu, this.cache);
    this.access.onHostCall = () => this.beforeHostCall();
    memory.onWrite = (offset, length) => this.cache.invalidate(offset, length);
    memory.onFrameChange = (gfn) => {
      for (const vcpu of this.vcpus) vcpu.tlb.rearmFrame(gfn);
      this.access.dropFetchPage();
    };
    this.builder = new BlockBuilder(memory, this.cache, this.catalogue, this.decoder, {
      secondPage: () => this.secondPage(),
      mayStop: (physical) => this.stopPageOffsets.has(physical & 4095),
      unitFault: (unit) => this.unitFault(unit),
    });
    for (let index = 0; index < config.vcpus; index++) this.vcpus.push(this.makeVcpu(index));
    const module = new WebAssembly.Module(options.interpreter ?? buildInterpreter(this.catalogue, config.sharedMemory));
    const instance = new WebAssembly.Instance(module, {
      engine: { memory: memory.wasm, ...this.imports() } as unknown as Record<string, never>,
    });
    this.exports = instance.exports as unknown as InterpreterExports;
    this.vcpus.forEach((vcpu) => {
      resetState(vcpu.state, 'power-on', vcpu.index === 0);
    });
    this.select(this.vcpus[0]!);
    this.access.dropFetchPage();
  }

  private makeVcpu(index: number): Vcpu {
    const { memory } = this;
    const base = index === 0 ? STATE : VCPU_SAVE + index * STATE_SIZE;
    const state = new VcpuState(memory.buffer, base);
    memory.i32.fill(-1, (base + Slot.fetchPage - STATE) >> 2, ((base + Slot.fetchPage - STATE) >> 2) + 2);
    const host = this.config.hosts[index];
    assert(host, `a host for vCPU ${index}`);
    const cpu: Cpu = {
      index,
      state,
      memory: this.access.linear,
      physical: this.access.physical,
      tlb: this.access.control,
      host,
      modeChanged: () => updateMode(state),
    };
    const tlb = new VcpuTlb(memory, index, (offset) => this.cache.hasCode(offset));
    return { index, state, tlb, cpu, resumeRecord: 0, resumeGeneration: -1, resumeRip: 0n };
  }

  private imports(): InterpreterImports {
    return {
      access: (lo, hi, info) => {
        const host = this.access.access(lo, hi, info);
        if (host === 0 && this.access.refusal === 'fault') this.pendingFault = this.mmu.fault;
        return host;
      },
      commit: () => this.access.commit(),
      raise: (vector) => {
        this.pendingFault = new CpuFault(vector, vector === Vector.GP || vector === Vector.SS ? 0 : undefined);
      },
      stackSlow: (offset, info) => this.stackSlow(offset, info),
      segmentAddress: (record) => this.segmentAddress(record),
      straddle: (record) => this.straddle(record),
      vector: (operation, destination, source, immediate) => this.vector(operation, destination, source, immediate),
      pause: () => {
        const extra = this.config.pauseNs - 1;
        this.memory.i32[Slot.remaining >> 2]! -= extra;
        this.pauseInRun += extra;
      },
    };
  }

  // ---- vCPUs -------------------------------------------------------------------------------------------------------------------------------------------

  private get current(): Vcpu {
    return this.vcpus[this.loaded]!;
  }
  state(vcpu: number): VcpuState {
    return this.vcpus[vcpu]!.state;
  }
  /** Makes a vCPU the running one: its state moves to STATE. */
  private select(vcpu: Vcpu): void {
    if (vcpu.index !== this.loaded) {
      const { u8 } = this.memory;
      const old = this.current;
      const place = VCPU_SAVE + old.index * STATE_SIZE;
      u8.copyWithin(place, STATE, STATE + STATE_SIZE);
      old.state.base = place;
      u8.copyWithin(STATE, vcpu.state.base, vcpu.state.base + STATE_SIZE);
      vcpu.state.base = STATE;
      this.loaded = vcpu.index;
    }
    this.access.tlb = vcpu.tlb;
    this.access.host = vcpu.cpu.host;
  }

  // ---- running -----------------------------------------------------------------------------------------------------------------------------------------

  run(vcpu: number, budgetNs: number): EngineReturn {
    return this.enter(vcpu, budgetNs, 'stop-at-border');
  }
  runThrough(vcpu: number, budgetNs: number): EngineReturn {
    return this.enter(vcpu, budgetNs, 'through');
  }
  runBorder(vcpu: number): EngineReturn {
    return this.enter(vcpu, 1, 'one');
  }

  private enter(index: number, budgetNs: number, kind: RunKind): EngineReturn {
    const vcpu = this.vcpus[index];
    assert(vcpu, `vCPU ${index} exists`);
    this.select(vcpu);
    this.kind = kind;
    this.budget = budgetNs;
    this.left = budgetNs;
    this.leaveRequested = false;
    for (;;) {
      const result = this.step(vcpu);
      if (result) return result;
      if (this.leaveRequested) return { kind: 'left' };
      if (kind === 'one' && this.left < this.budget) return { kind: 'budget' };
    }
  }

  /** One event, or as many instructions as go without TypeScript. */
  private step(vcpu: Vcpu): EngineReturn | undefined {
    const { state } = vcpu;
    const activity = state.u32('activity');
    if (activity === Activity.shutdown) return { kind: 'shutdown', chain: [] };
    if (activity !== Activity.running) {
      if (!this.wakeable(vcpu.index)) return { kind: 'halted' };
      if (this.left <= 0) return { kind: 'budget' };
      if (activity === Activity.waitForSipi) return { kind: 'halted' };
      state.setU32('activity', Activity.running);
    }
    if (this.left <= 0) return { kind: 'budget' };
    let limit = this.kind === 'one' ? 1 : this.left;
    const shadow = state.u32('shadow');
    const waiting = state.u32('nmiPending') !== 0 || state.u32('intrPending') !== 0;
    if (waiting && shadow === 0) {
      const result = this.deliverWaiting(vcpu);
      if (result !== 'none') return result;
    }
    if (waiting && shadow !== 0) limit = 1;
    const mode = state.u32('mode');
    if (mode & ModeBit.trap) {
      return this.trapped(vcpu, shadow === 2);
    }
    return this.execute(vcpu, limit);
  }

  /** TF: one instruction, then #DB. */
  private trapped(vcpu: Vcpu, inhibited: boolean): EngineReturn | undefined {
    const before = this.left;
    this.faulted = false;
    this.softwareInterrupt = false;
    const result = this.execute(vcpu, 1);
    if (!result && this.left < before && !this.faulted && !this.softwareInterrupt && !inhibited)
      return this.deliver(vcpu, { vector: Vector.DB, kind: 'exception', dr6: 1n << 14n });
    return result;
  }
  private faulted = false;
  private softwareInterrupt = false;

  private deliverWaiting(vcpu: Vcpu): EngineReturn | undefined | 'none' {
    const { state } = vcpu;
    if (state.u32('nmiPending') && !state.u32('nmiBlocked')) {
      state.setU32('nmiPending', 0);
      return this.deliver(vcpu, { vector: Vector.NMI, kind: 'nmi' });
    }
    const interruptFlag = (this.memory.i32[(STATE + S.rflags) >> 2]! & 0x200) !== 0;
    if (!state.u32('intrPending') || !interruptFlag) return 'none';
    const vector = vcpu.cpu.host.acknowledgeInterrupt();
    if (vector === undefined) {
      state.setU32('intrPending', 0);
      return 'none';
    }
    return this.deliver(vcpu, { vector, kind: 'interrupt' });
  }

  /** Delivery takes one ns, so that a chain of them ends a run. */
  private deliver(vcpu: Vcpu, delivery: Delivery): EngineReturn | undefined {
    this.faulted = true;
    this.charge(1);
    const { shutdown, chain } = raise(vcpu.cpu, delivery);
    if (shutdown) return { kind: 'shutdown', chain: chain as readonly FaultRecord[] };
    return undefined;
  }

  /** Runs up to `limit` instructions (and no helper after them). */
  private execute(vcpu: Vcpu, limit: number): EngineReturn | undefined {
    const record = this.findRecord(vcpu);
    if (record < 0) return this.deliver(vcpu, fromFault(this.takeFault()));
    return this.executeAt(vcpu, record, limit);
  }

  private takeFault(): CpuFault {
    const fault = this.pendingFault;
    assert(fault, 'a fault is pending');
    this.pendingFault = undefined;
    return fault;
  }

  private executeAt(vcpu: Vcpu, record: number, limit: number): EngineReturn | undefined {
    const { memory, cache } = this;
    const { state } = vcpu;
    const op = memory.u16[(record + R.plainOp) >> 1]!;
    if (op >= Micro.stopPoint && op <= Micro.unimplemented) return this.special(vcpu, record, op, limit);
    this.unlinked = 0;
    const block = cache.blockOf(record);
    const rest = block.count - memory.u8[record + R.k]!;
    const patch = rest > limit ? this.patchAfter(block, record, limit) : undefined;
    state.setU32('shadow', 0);
    state.setU32('resumeFlag', 0);
    memory.i32[Slot.remaining >> 2] = limit - rest;
    this.setRipBase(-cache.ipOffset(block, record));
    this.pauseInRun = 0;
    const generation = cache.generation;
    const exit = this.exports.enter(record, vcpu.tlb.baseOf(this.access.currentMmu()));
    if (patch) this.unpatch(patch);
    const at = (exit & ~3) >>> 0;
    const code = exit & 3;
    const atBlock = cache.blockOf(at);
    const k = memory.u8[at + R.k]!;
    let unused = memory.i32[Slot.remaining >> 2]! + atBlock.count - k;
    const exitOp = memory.u16[(at + R.plainOp) >> 1]!;
    const isGoto = exitOp === Micro.gotoLinked || exitOp === Micro.gotoLookedUp;
    if (code !== Exit.atRecord && !isGoto) unused--;
    const consumed = limit - unused;
    this.retire(consumed);
    if (code === Exit.indirectBranch) state.setU64('rip', memory.view.getBigUint64(Slot.nextRip, true));
    else if (code === Exit.directBranch) {
      this.setRip(vcpu, memory.i32[(at + R.disp) >> 2]!, memory.i32[(at + R.b) >> 2]!);
      this.unlinked = at;
      this.unlinkedGeneration = generation === cache.generation ? generation : -1;
    } else {
      this.setRip(vcpu, cache.ipOffset(atBlock, at), 8);
      return this.leftAt(vcpu, at, exitOp, consumed);
    }
    return undefined;
  }

  /** The interpreter left before a record, or in it with something pending; RIP is the record's instruction. */
  private leftAt(vcpu: Vcpu, at: number, op: number, consumed: number): EngineReturn | undefined {
    const refusal = this.access.refusal;
    this.access.refusal = 'none';
    if (this.pendingFault) {
      const delivery = fromFault(this.takeFault());
      return this.deliver(vcpu, refusal === 'fault' ? this.withSegment(delivery, this.cache.blockOf(at), at) : delivery);
    }
    if (refusal !== 'none') {
      if (refusal === 'isolate-mmio' && this.kind === 'stop-at-border') return { kind: 'border' };
      if (consumed > 0 && (this.left <= 0 || this.kind === 'one')) return undefined;
      return this.isolate(vcpu, at);
    }
    if (op >= Micro.stopPoint && op <= Micro.unimplemented) {
      if (consumed > 0) {
        this.remember(vcpu, at);
        return undefined;
      }
      return this.special(vcpu, at, op, 1);
    }
    this.remember(vcpu, at);
    return undefined;
  }

  private remember(vcpu: Vcpu, at: number): void {
    vcpu.resumeRecord = at;
    vcpu.resumeGeneration = this.cache.generation;
    vcpu.resumeRip = vcpu.state.u64('rip');
  }

  /** #GP for a non-canonical address is #SS where the stack segment is used. */
  private withSegment(delivery: Delivery, block: Block, at: number): Delivery {
    if (delivery.vector !== Vector.GP || !(block.mode & ModeBit.code64)) return delivery;
    const start = block.physical + this.cache.ipOffset(block, at);
    const d = this.decoder.decode(this.memory.u8, start, start + 15, block.mode);
    const stack = d.row !== undefined && STACK_USERS.has(d.row.name);
    return (d.hasMemory ? d.segment === Seg.ss : stack) ? { ...delivery, vector: Vector.SS } : delivery;
  }

  /** Exactly this instruction, with device accesses and stores into code done in place. */
  private isolate(vcpu: Vcpu, at: number): EngineReturn | undefined {
    this.access.isolated = true;
    try {
      return this.executeAt(vcpu, at, 1);
    } finally {
      this.access.isolated = false;
    }
  }

  private retire(consumed: number): void {
    this.left -= consumed;
    const instructions = consumed - this.pauseInRun;
    if (this.pauseInRun) this.addU64(S.extraNs, this.pauseInRun);
    if (instructions) this.addU64(S.retired, instructions);
    this.pauseInRun = 0;
  }
  private addU64(field: number, amount: number): void {
    const { view } = this.memory;
    const at = STATE + field;
    const sum = view.getUint32(at, true) + amount;
    view.setUint32(at, sum >>> 0, true);
    if (sum > 0xffff_ffff) view.setUint32(at + 4, view.getUint32(at + 4, true) + 1, true);
  }

  /** Slot.ripBase = RIP + delta, in the width of the mode. */
  private setRipBase(delta: number): void {
    const { u32 } = this.memory;
    const from = (STATE + S.rip) >> 2;
    const to = Slot.ripBase >> 2;
    const low = u32[from]! + delta;
    u32[to] = low;
    u32[to + 1] = u32[from + 1]! + Math.floor(low / 0x1_0000_0000);
  }
  /** RIP = block start + delta, cut to the operand size outside 64-bit mode. */
  private setRip(vcpu: Vcpu, delta: number, bytes: number): void {
    const { u32 } = this.memory;
    const to = (STATE + S.rip) >> 2;
    const low = u32[Slot.ripBase >> 2]! + delta;
    const code64 = (vcpu.state.u32('mode') & ModeBit.code64) !== 0;
    u32[to] = !code64 && bytes === 2 ? low & 0xffff : low;
    u32[to + 1] = code64 ? u32[(Slot.ripBase >> 2) + 1]! + Math.floor(low / 0x1_0000_0000) : 0;
  }

  // ---- finding code ------------------------------------------------------------------------------------------------------------------------------------

  /** Record of the instruction at RIP; -1 with a fault pending. */
  private findRecord(vcpu: Vcpu): number {
    const { state } = vcpu;
    const unlinked = this.unlinked;
    this.unlinked = 0;
    const { memory, cache } = this;
    const { u32, i32 } = memory;
    const mode = u32[(STATE + S.mode) >> 2]!;
    let lo = i32[(STATE + S.rip) >> 2]!;
    let hi = i32[((STATE + S.rip) >> 2) + 1]!;
    if (!(mode & ModeBit.code64)) {
      const cs = STATE + S.segments + Seg.cs * SEGMENT_STRIDE;
      if (!(mode & ModeBit.flat)) {
        if (lo >>> 0 > u32[(cs + SegmentField.limit) >> 2]!) {
          this.pendingFault = new CpuFault(Vector.GP, 0);
          return -1;
        }
        lo = (lo + i32[(cs + SegmentField.base) >> 2]!) | 0;
      }
      hi = 0;
    }
    const fetch = Slot.fetchPage >> 2;
    if (i32[fetch] !== (lo & -4096) || i32[fetch + 1] !== hi) {
      const offset = this.fetchPage(lo, hi);
      if (offset < 0) return -1;
      i32[fetch] = lo & -4096;
      i32[fetch + 1] = hi;
      u32[Slot.fetchOffset >> 2] = offset;
    }
    if (vcpu.resumeRecord !== 0) {
      const record = vcpu.resumeRecord;
      vcpu.resumeRecord = 0;
      if (vcpu.resumeGeneration === cache.generation && vcpu.resumeRip === state.u64('rip')) {
        const block = cache.blockOf(record);
        const page = (block.physical & -4096) >>> 0;
        if (block.valid && block.mode === mode && page === u32[Slot.fetchOffset >> 2] && block.secondPage < 0) return record;
      }
    }
    const physical = u32[Slot.fetchOffset >> 2]! + (lo & 4095);
    let block = cache.find(physical, mode);
    block ??= this.builder.build(physical, mode);
    if (!block) {
      this.pendingFault ??= this.mmu.fault;
      return -1;
    }
    if (unlinked) this.link(unlinked, block, mode);
    return block.record;
  }

  /** Offset in memory of the page to fetch from; -1 with a fault pending. */
  private fetchPage(lo: number, hi: number): number {
    const vcpu = this.current;
    const mmu = this.memory.i32[(STATE + S.mode) >> 2]! & ModeBit.user ? 1 : 0;
    const index = this.mmu.translate(vcpu.tlb, mmu, lo, hi, Want.fetch);
    if (index < 0) {
      this.pendingFault = this.mmu.fault;
      return -1;
    }
    const frame = this.memory.frame(vcpu.tlb.gfn[index]!);
    if (!(frame & FrameKind.ram)) {
      // Where no memory is, all ones are read, which are no instruction.
      this.pendingFault = new CpuFault(Vector.UD);
      return -1;
    }
    return (frame & -4096) >>> 0;
  }

  private secondPage(): number {
    const { i32 } = this.memory;
    const fetch = Slot.fetchPage >> 2;
    const lo = (i32[fetch]! + 4096) | 0;
    const wide = (i32[(STATE + S.mode) >> 2]! & ModeBit.longMode) !== 0;
    return this.fetchPage(lo, lo === 0 && wide ? (i32[fetch + 1]! + 1) | 0 : i32[fetch + 1]!);
  }
  private straddle(record: number): number {
    const block = this.cache.blockOf(record);
    const second = this.secondPage();
    if (second < 0) return 0;
    if (second === block.secondPage) return 1;
    // Another page is mapped behind now: decode again.
    this.cache.invalidate(block.physical, 1);
    return 0;
  }

  private link(branch: number, target: Block, mode: number): void {
    const { memory, cache } = this;
    if (this.unlinkedGeneration !== cache.generation || !(mode & ModeBit.flat)) return;
    const from = cache.blockOf(branch);
    if (!from.valid || target.secondPage >= 0 || (from.physical & -4096) !== (target.physical & -4096)) return;
    const bytes = memory.i32[(branch + R.b) >> 2]!;
    if (!(mode & ModeBit.code64) && bytes === 2) return;
    const op = memory.u16[(branch + R.plainOp) >> 1]!;
    if (this.catalogue.keyOf(op).includes('looked-up') || op === Micro.gotoLookedUp) return;
    // The target must be in the page: a branch that wraps or leaves it is never linked.
    const place = from.physical + memory.i32[(branch + R.disp) >> 2]!;
    if (place !== target.physical) return;
    const givenBack = op === Micro.gotoLinked ? 0 : from.count - memory.u8[branch + R.k]! - 1;
    memory.i32[(branch + R.imm) >> 2] = givenBack - target.count;
    memory.i32[(branch + R.link) >> 2] = target.record;
  }

  /** Makes the record after `limit` more instructions leave; sequences before it run record by record. */
  private patchAfter(block: Block, record: number, limit: number): { at: number; op: number }[] {
    const { u8, u16 } = this.memory;
    const saved: { at: number; op: number }[] = [];
    const set = (at: number, op: number): void => {
      const old = u16[(at + R.op) >> 1]!;
      if (old === op) return;
      saved.push({ at, op: old });
      u16[(at + R.op) >> 1] = op;
    };
    const stop = u8[record + R.k]! + limit;
    let at = record;
    for (; at < block.end && u8[at + R.k]! < stop; at += RECORD_SIZE) set(at, u16[(at + R.plainOp) >> 1]!);
    assert(at < block.end, 'the limit lies in the block');
    set(at, Micro.leave);
    return saved;
  }
  private unpatch(saved: readonly { at: number; op: number }[]): void {
    for (const { at, op } of saved) this.memory.u16[(at + R.op) >> 1] = op;
  }

  // ---- records that TypeScript runs ----------------------------------------------------------------------------------------------------------------------

  private special(vcpu: Vcpu, record: number, op: number, limit: number): EngineReturn | undefined {
    const { memory, cache } = this;
    const { state } = vcpu;
    const argument = memory.i32[(record + R.link) >> 2]!;
    switch (op) {
      case Micro.stopPoint:
        if (this.kind !== 'one' && !state.u32('resumeFlag') && this.stopsHere(vcpu, record)) return this.stopPoint(vcpu, record);
        return this.executeAt(vcpu, record + RECORD_SIZE, limit);
      case Micro.fault:
        state.setU32('shadow', 0);
        return this.deliver(vcpu, fromFault(new CpuFault(argument, argument === Vector.GP ? 0 : undefined)));
      case Micro.unimplemented:
        return this.unimplemented(vcpu, cache.blockOf(record), record);
      default:
        return this.helper(vcpu, record, cache.descriptions[argument]!);
    }
  }

  private unimplemented(vcpu: Vcpu, block: Block, record: number): EngineReturn {
    const start = block.physical + this.cache.ipOffset(block, record);
    const length = this.memory.u16[(record + R.ipNext) >> 1]! - this.cache.ipOffset(block, record);
    const bytes = this.memory.u8.slice(start, start + length);
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = this.options.describe?.(bytes, block.mode) ?? hex;
    return { kind: 'unimplemented', text, rip: vcpu.state.u64('rip') };
  }

  private helper(vcpu: Vcpu, record: number, description: Description): EngineReturn | undefined {
    const { state, cpu } = vcpu;
    const { row, insn } = description;
    assert((insn && row.helper !== undefined) || insn, `${row.name} has a helper`);
    if (row.border && this.kind === 'stop-at-border') return { kind: 'border' };
    // A row that is emitted elsewhere (strings) is run by the helper of its own name.
    const name = row.helper ?? row.name.toLowerCase();
    const helper = this.options.helpers[name];
    const rip = state.u64('rip');
    if (!helper) return { kind: 'unimplemented', text: row.name, rip };
    this.vcpusResume(vcpu);
    const shadowBefore = state.u32('shadow');
    state.setU32('shadow', 0);
    state.setU32('resumeFlag', 0);
    insn.rip = rip;
    if (row.name.startsWith('INT')) this.softwareInterrupt = true;
    const wide = (state.u32('mode') & ModeBit.code64) !== 0;
    const next = rip + BigInt(insn.length);
    try {
      if (description.address) insn.linear = this.linearAddress(vcpu, description.address, insn);
      state.setU64('rip', wide ? next : BigInt.asUintN(32, next));
      this.helperRip = rip;
      helper(cpu, insn);
    } catch (error) {
      this.helperRip = undefined;
      if (error instanceof CpuFault) {
        state.setU64('rip', rip);
        return this.deliver(vcpu, fromFault(error));
      }
      if (error instanceof Unimplemented) {
        state.setU64('rip', rip);
        state.setU32('shadow', shadowBefore);
        return { kind: 'unimplemented', text: error.what, rip };
      }
      throw error;
    }
    this.helperRip = undefined;
    this.left -= 1;
    this.addU64(S.retired, 1);
    if (row.shadow && shadowBefore === 0) state.setU32('shadow', row.shadow === 'sti' ? 1 : 2);
    void record;
    if (state.u32('activity') !== Activity.running && !this.wakeable(vcpu.index)) return { kind: 'halted' };
    return undefined;
  }
  private vcpusResume(vcpu: Vcpu): void {
    vcpu.resumeRecord = 0;
  }

  private linearAddress(vcpu: Vcpu, spec: AddressSpec, insn: HelperInsn): bigint {
    return effectiveAddress(vcpu.state, spec, insn.rip + BigInt(insn.length));
  }

  /** An address record: segment base, limit and type are checked. */
  private segmentAddress(record: number): number {
    const vcpu = this.current;
    const spec = this.cache.descriptions[this.memory.i32[(record + R.link) >> 2]!]!.address!;
    try {
      const linear = effectiveAddress(vcpu.state, spec, 0n);
      this.memory.view.setBigUint64(Slot.ea, linear, true);
      return 1;
    } catch (error) {
      if (!(error instanceof CpuFault)) throw error;
      this.pendingFault = error;
      return 0;
    }
  }
  private stackSlow(offset: number, info: number): number {
    const vcpu = this.current;
    const { state } = vcpu;
    const wide = (state.u32('mode') & ModeBit.stack32) !== 0;
    const pointer = BigInt.asUintN(wide ? 32 : 16, state.gpr(4) + BigInt(offset));
    try {
      const linear = effectiveAddress(
        state,
        {
          base: -1,
          index: -1,
          scale: 0,
          displacement: pointer,
          ripRelative: false,
          addressSize: wide ? 4 : 2,
          segment: Seg.ss,
          bytes: info & 0xffff,
          write: (info & 0x1_0000) !== 0,
          noSegment: false,
        },
        0n,
      );
      const host = this.access.access(Number(BigInt.asIntN(32, linear)), Number(linear >> 32n), info);
      if (host === 0 && this.access.refusal === 'fault') this.pendingFault = this.mmu.fault;
      return host;
    } catch (error) {
      if (!(error instanceof CpuFault)) throw error;
      this.pendingFault = error;
      return 0;
    }
  }

  private unitFault(unit: 'x87' | 'sse'): number | undefined {
    const state = this.current.state;
    const cr0 = Number(state.u64('cr0') & 0xffffn);
    const emulated = (cr0 & 4) !== 0;
    if (state.u32('mode') & (unit === 'sse' ? ModeBit.sse : ModeBit.x87)) return undefined;
    if (unit === 'sse' && (emulated || !(state.u64('cr4') & 0x200n))) return Vector.UD;
    return Vector.NM;
  }

  private vector(operation: number, destination: number, source: number, immediate: number): number {
    const { view, u32 } = this.memory;
    const at = (STATE + S.mxcsr) >> 2;
    const run = VECTOR_OPERATIONS[operation];
    assert(run, 'vector operation exists');
    const context = { view, destination, source, immediate, mxcsr: u32[at]! };
    const fault = run(context);
    u32[at] = context.mxcsr;
    if (fault === undefined) return 1;
    // SIMD floating-point exceptions are #UD until the kernel says that it handles them (CR4.OSXMMEXCPT).
    this.pendingFault = new CpuFault(this.memory.i32[(STATE + S.cr4) >> 2]! & 0x400 ? fault : Vector.UD);
    return 0;
  }

  /** State is exact before the host is called in the middle of an instruction. */
  private beforeHostCall(): void {
    if (this.access.isolated) this.exports.materialiseFlags();
  }

  // ---- stop points -----------------------------------------------------------------------------------------------------------------------------------------

  setStopPoints(linear: readonly bigint[], physical: readonly number[]): void {
    this.stopLinear = new Set(linear.map((at) => BigInt.asUintN(64, at)));
    this.stopPhysical = new Set(physical);
    this.stopPageOffsets = new Set([...linear.map((at) => Number(at & 4095n)), ...physical.map((at) => at % 4096)]);
    this.cache.flush();
  }
  private place(vcpu: Vcpu): { rip: bigint; linear: bigint; gpa: number } {
    const { state } = vcpu;
    const rip = state.u64('rip');
    const mode = state.u32('mode');
    const linear = mode & ModeBit.code64 ? rip : BigInt.asUintN(32, rip + state.segmentBase(Seg.cs));
    const translated = peekTranslate(this.memory, state, linear);
    return { rip, linear, gpa: translated?.gpa ?? -1 };
  }
  private stopsHere(vcpu: Vcpu, _record: number): boolean {
    const { linear, gpa } = this.place(vcpu);
    return this.stopLinear.has(linear) || this.stopPhysical.has(gpa);
  }
  private stopPoint(vcpu: Vcpu, record: number): EngineReturn {
    this.remember(vcpu, record);
    return { kind: 'stop-point', ...this.place(vcpu) };
  }

  // ---- what the machine asks ---------------------------------------------------------------------------------------------------------------------------------

  consumedNs(): number {
    return this.budget - this.left;
  }
  retired(vcpu: number): number {
    return Number(this.vcpus[vcpu]!.state.u64('retired'));
  }
  instructionRip(vcpu: number): bigint {
    return (vcpu === this.loaded ? this.helperRip : undefined) ?? this.vcpus[vcpu]!.state.u64('rip');
  }
  charge(ns: number): void {
    this.left -= ns;
    this.addU64(S.extraNs, ns);
  }
  requestLeave(): void {
    this.leaveRequested = true;
  }
  setInterruptPending(vcpu: number, pending: boolean): void {
    this.vcpus[vcpu]!.state.setU32('intrPending', pending ? 1 : 0);
  }
  raiseNmi(vcpu: number): void {
    this.vcpus[vcpu]!.state.setU32('nmiPending', 1);
  }
  init(vcpu: number): void {
    const target = this.vcpus[vcpu]!;
    const { state } = target;
    const pending = state.u32('intrPending');
    resetState(state, 'init', false);
    state.setU32('intrPending', pending);
    this.flushTlb(vcpu);
  }
  startup(vcpu: number, vector: number): void {
    startupState(this.vcpus[vcpu]!.state, vector);
  }
  wakeable(vcpu: number): boolean {
    const { state } = this.vcpus[vcpu]!;
    const activity = state.u32('activity');
    if (activity !== Activity.halted && activity !== Activity.mwait) return false;
    if (state.u32('nmiPending') && !state.u32('nmiBlocked')) return true;
    return state.u32('intrPending') !== 0 && (state.u64('rflags') & 0x200n) !== 0n;
  }

  translate(vcpu: number, linear: bigint): TranslateResult | undefined {
    return peekTranslate(this.memory, this.vcpus[vcpu]!.state, linear);
  }
  flushCode(): void {
    this.cache.flush();
  }
  flushTlb(vcpu: number): void {
    const target = this.vcpus[vcpu]!;
    target.tlb.flush(true);
    const at = (target.state.base + Slot.fetchPage - STATE) >> 2;
    this.memory.i32.fill(-1, at, at + 2);
  }

  saveVcpu(vcpu: number): SavedValue {
    const { state, tlb } = this.vcpus[vcpu]!;
    const { u8, i32, u32 } = this.memory;
    const bytes = u8.slice(state.base, state.base + S.end);
    bytes.fill(0, S.scratch, S.scratch + 64);
    // The debugger's, not the guest's: a vCPU that sleeps may keep it to the end of a run.
    bytes.fill(0, S.resumeFlag, S.resumeFlag + 4);
    const fetch = (state.base + Slot.fetchPage - STATE) >> 2;
    return { state: bytes, tlb: tlb.save(), fetch: [i32[fetch]!, i32[fetch + 1]!, u32[(state.base + Slot.fetchOffset - STATE) >> 2]!] };
  }
  restoreVcpu(vcpu: number, saved: SavedValue): void {
    const { state, tlb } = this.vcpus[vcpu]!;
    const { i32, u32, u8 } = this.memory;
    const value = saved as { state: Uint8Array; tlb: SavedValue; fetch: readonly number[] };
    u8.set(value.state, state.base);
    tlb.restore(value.tlb);
    const fetch = (state.base + Slot.fetchPage - STATE) >> 2;
    i32[fetch] = value.fetch[0]!;
    i32[fetch + 1] = value.fetch[1]!;
    u32[(state.base + Slot.fetchOffset - STATE) >> 2] = value.fetch[2]!;
    this.vcpus[vcpu]!.resumeRecord = 0;
  }

  statistics(): EngineStatistics {
    let instructions = 0;
    for (const { state } of this.vcpus) instructions += Number(state.u64('retired'));
    return {
      dispatches: Number(this.memory.view.getBigUint64(DISPATCHES, true)),
      instructions,
      blocksDecoded: this.cache.blocksDecoded,
      codeInvalidations: this.cache.invalidations,
      tlbMisses: this.mmu.misses,
    };
  }
}
