// Vectors on the engine: the oracle's windows at their addresses, CPL 3, and handlers that halt, so that every end of a vector, also the int3 filler's, goes
// through real delivery. All in one machine that is reset from vector to vector. A result is a line as the oracle writes it.
import { GPR_NAMES, Seg } from '../../x86/layout';
import type { CpuModel } from '../../x86/models/cpu-model';
import { updateMode } from '../../x86/system/mode';
import type { EngineReturn, Tier } from '../cpu-engine';
import type { EngineOptions } from '../parts/options';
import { FpuWindow } from './fpu-state';
import { VectorMachine } from './machine';
import {
  BREAKPOINT,
  CODE_GPA,
  DATA_GPA,
  HANDLERS,
  KERNEL,
  layWorld,
  SYSCALL_ENTRY,
  SYSENTER_ENTRY,
  SYSTEM_CALL,
  USER_CS32,
  USER_CS64,
  USER_DS,
} from './oracle-world';
import { CODE, FLAGS_SHOWN, type Vector } from './vector';
import { VectorRegisters } from './vector-registers';
import { CodeWindow, DataWindow } from './windows';

const ERROR_CODE_VECTORS = [8, 10, 11, 12, 13, 14, 17];
const BUDGET_NS = 50_000;
const USER_DATA = { selector: USER_DS, access: 0xc0f3, limit: 0xffff_ffff, base: 0n };
const USER_CODE_32 = { selector: USER_CS32, access: 0xc0fb, limit: 0xffff_ffff, base: 0n };
const USER_CODE_64 = { selector: USER_CS64, access: 0xa0fb, limit: 0xffff_ffff, base: 0n };
const NONE = { selector: 0, access: 0x1_0000, limit: 0 };

/** How user code ended, and where it was then. */
interface End {
  text: string;
  rip: bigint;
  rflags: bigint;
  rsp: bigint;
}

export class OracleGuest {
  private readonly machine: VectorMachine;
  private readonly code: CodeWindow;
  private readonly data: DataWindow;
  private readonly fpu: FpuWindow;
  private readonly vectors: VectorRegisters;

  constructor(model: CpuModel, options: EngineOptions, tier: Tier = 'interpreter') {
    const machine = new VectorMachine(model, options, tier);
    layWorld(machine);
    this.machine = machine;
    this.code = new CodeWindow(machine, CODE_GPA);
    this.data = new DataWindow(machine, DATA_GPA);
    this.fpu = new FpuWindow(machine);
    this.vectors = new VectorRegisters(machine.ymm);
  }

  private layState(v: Vector): void {
    const { state } = this.machine;
    for (let i = 0; i < 16; i++) state.setGpr(i, v.gpr[i] ?? 0n);
    state.setU64('rip', v.rip);
    state.setU64('rflags', v.rflags | 0x202n);
    for (const segment of [Seg.es, Seg.ss, Seg.ds]) state.setSegment(segment, USER_DATA);
    state.setSegment(Seg.fs, { ...NONE, base: v.fsbase });
    state.setSegment(Seg.gs, { ...NONE, base: v.gsbase });
    state.setSegment(Seg.cs, v.mode32 ? USER_CODE_32 : USER_CODE_64);
    state.setU32('cpl', 3);
    state.setU32('activity', 0);
    state.setU32('mxcsr', v.mxcsr);
    this.fpu.lay(v.fpu);
    this.vectors.lay(v.xmm);
    updateMode(state);
  }

  /** Registers that differ from the vector's, in the oracle's order. */
  private registers(v: Vector, { rip, rflags, rsp }: End): string {
    const { state } = this.machine;
    let text = '';
    for (let i = 0; i < 16; i++) {
      const value = i === 4 ? rsp : state.gpr(i);
      if (value !== v.gpr[i]) text += ` ${GPR_NAMES[i]}=${value.toString(16)}`;
    }
    if (rip !== v.rip) text += ` rip=${rip.toString(16)}`;
    if ((rflags ^ v.rflags) & FLAGS_SHOWN) text += ` rflags=${(rflags & (FLAGS_SHOWN | 0x202n)).toString(16)}`;
    const fs = state.segmentBase(Seg.fs);
    const gs = state.segmentBase(Seg.gs);
    if (fs !== v.fsbase) text += ` fsbase=${fs.toString(16)}`;
    if (gs !== v.gsbase) text += ` gsbase=${gs.toString(16)}`;
    text += this.fpu.controls();
    const mxcsr = state.u32('mxcsr');
    if (mxcsr !== v.mxcsr) text += ` mxcsr=${mxcsr.toString(16).padStart(8, '0')}`;
    return text + this.fpu.registers() + this.vectors.changes();
  }

  /** To the handler where every end leads, or as many instructions as the vector says. */
  private execute(v: Vector): EngineReturn | { kind: 'stepped' } {
    const { machine } = this;
    for (let steps = 0; v.step === 0 || steps < v.step; ) {
      const end = machine.run(v.step === 0 ? BUDGET_NS : 1);
      if (end.kind !== 'budget' || v.step === 0) return end;
      if (machine.state.u32('cpl') === 0) return machine.run(BUDGET_NS);
      // A REP instruction that is under way counts once.
      if (machine.state.u64('rip') !== v.rip || v.code.length === 1) steps++;
    }
    return { kind: 'stepped' };
  }

  private here(text: string): End {
    const { state } = this.machine;
    return { text, rip: state.u64('rip'), rflags: state.u64('rflags'), rsp: state.gpr(4) };
  }

  /** The handler that halted says how the vector ended, and its frame where. */
  private handled(v: Vector): End {
    const { machine } = this;
    const { state } = machine;
    const vector = Number(state.u64('rip') - KERNEL - BigInt(HANDLERS)) >> 4;
    // SYSCALL has them in RCX and R11; SYSENTER keeps nothing.
    if (vector === SYSCALL_ENTRY) return { text: 'end=syscall', rip: state.gpr(1), rflags: state.gpr(11), rsp: state.gpr(4) };
    if (vector === SYSENTER_ENTRY) return { text: 'end=syscall', rip: v.rip, rflags: v.rflags, rsp: v.gpr[4] ?? 0n };
    const hasError = ERROR_CODE_VECTORS.includes(vector);
    const bytes = machine.view(Number(state.gpr(4) - KERNEL), 48);
    const frame = new BigUint64Array(bytes.buffer, bytes.byteOffset, 6);
    const first = hasError ? 1 : 0;
    const [rip, rflags, rsp] = [frame[first] ?? 0n, frame[first + 2] ?? 0n, frame[first + 3] ?? 0n];
    const at = Number(rip) - 1;
    if (vector === BREAKPOINT && !(at >= CODE && at < CODE + v.code.length)) return { text: 'end=ok', rip: BigInt(at), rflags, rsp };
    if (vector === SYSTEM_CALL) return { text: 'end=syscall', rip, rflags, rsp };
    const error = hasError ? (frame[0] ?? 0n) : 0n;
    const address = vector === 14 ? ` cr2=${state.u64('cr2').toString(16)}` : '';
    return { text: `end=exception vector=${vector.toString(16)} error=${error.toString(16)}${address}`, rip, rflags, rsp };
  }

  private ended(v: Vector, end: EngineReturn | { kind: 'stepped' }): string {
    if (end.kind !== 'halted' && end.kind !== 'stepped') return `end=${end.kind === 'budget' ? 'loop' : end.kind}`;
    const at = end.kind === 'halted' ? this.handled(v) : this.here('end=ok');
    return at.text + this.registers(v, at);
  }

  /** The result as the oracle's line, or what the engine does not implement. */
  run(v: Vector): string | { unimplemented: string } {
    this.code.lay(v.code);
    this.data.lay(v);
    this.layState(v);
    const end = this.execute(v);
    const id = v.id === '' ? '' : `id=${v.id} `;
    const text = end.kind === 'unimplemented' ? '' : id + this.ended(v, end);
    this.code.settle();
    const changes = this.data.changes(v);
    return end.kind === 'unimplemented' ? { unimplemented: end.text } : text + changes;
  }
}
