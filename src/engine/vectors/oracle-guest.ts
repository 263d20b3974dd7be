// The oracle's world on the engine: the code and data windows at their addresses, CPL 3, and an IDT whose handlers halt, so that every end of a vector,
// also the int3 filler's, goes through real delivery. All in one machine that is reset from vector to vector.
import { GPR_NAMES, Seg } from '../../x86/layout';
import type { CpuModel } from '../../x86/models/cpu-model';
import { updateMode } from '../../x86/system/mode';
import type { EngineReturn, Tier } from '../cpu-engine';
import type { EngineOptions } from '../wasm-engine';
import { fpuResult, layFpu } from './fpu-state';
import { VectorMachine } from './machine';
import { CODE, CODE_SIZE, DATA, DATA_SIZE, FLAGS_SHOWN, hexBytes, PATTERN, type Result, type Vector } from './vector';

/** Guest-physical places. */
const GDT = 0x8000;
const IDT = 0x9000;
const TSS = 0xa000;
const PML4 = 0x1_0000;
const PDPT_USER = 0x1_1000;
const PD_USER = 0x1_2000;
const PT_CODE = 0x1_3000;
const PT_DATA = 0x1_4000;
const PDPT_KERNEL = 0x1_5000;
const PD_KERNEL = 0x1_6000;
const HANDLERS = 0x2_0000;
const STACK_TOP = 0x3_1000;
const CODE_GPA = 0x10_0000;
const DATA_GPA = 0x10_1000;
/** Where the kernel's half maps physical 0. */
const KERNEL = 0xffff_8000_0000_0000n;

/** Selectors as Linux has them: 32-bit code, data, 64-bit code of user level. */
const USER_CS32 = 0x23;
const USER_DS = 0x2b;
const USER_CS64 = 0x33;
const KERNEL_CS = 0x10;
const ERROR_CODE_VECTORS = [8, 10, 11, 12, 13, 14, 17];
const BREAKPOINT = 3;
/** Gates that user code may name: INT3, INTO, and Linux's system call. */
const USER_GATES = [BREAKPOINT, 4, 0x80];
const SYSTEM_CALL = 0x80;
/** Handlers behind all vectors': where SYSCALL and SYSENTER lead. */
const SYSCALL_ENTRY = 256;
const SYSENTER_ENTRY = 257;
const MAX_WORDS = 64;
/** PE MP ET NE WP AM PG; PAE PGE OSFXSR OSXMMEXCPT FSGSBASE OSXSAVE; SCE LME LMA NXE; x87, SSE and AVX state. */
const CR0 = 0x8005_0033n;
const CR4 = 0x5_06a0n;
const EFER = 0xd01n;
const XCR0 = 7n;
const XD = 1n << 63n;
const BUDGET_NS = 50_000;

const quad = (value: bigint): Uint8Array => new Uint8Array(new BigUint64Array([BigInt.asUintN(64, value)]).buffer);

/** Where user code was when it ended. */
interface Place {
  rip: bigint;
  rflags: bigint;
  rsp: bigint;
}

export class OracleGuest {
  private readonly machine: VectorMachine;
  private readonly expected = PATTERN.slice();

  constructor(model: CpuModel, options: EngineOptions, tier: Tier = 'interpreter') {
    const machine = new VectorMachine(model, options, tier);
    this.machine = machine;
    const put = (table: number, index: number, value: bigint): void => machine.write(table + index * 8, quad(value));
    put(PML4, 0, BigInt(PDPT_USER) | 7n);
    put(PML4, 256, BigInt(PDPT_KERNEL) | 3n);
    put(PDPT_USER, 0, BigInt(PD_USER) | 7n);
    put(PD_USER, CODE >>> 21, BigInt(PT_CODE) | 7n);
    put(PD_USER, DATA >>> 21, BigInt(PT_DATA) | 7n);
    put(PT_CODE, 0, BigInt(CODE_GPA) | 7n);
    put(PT_DATA, 0, XD | BigInt(DATA_GPA) | 7n);
    put(PT_DATA, 1, XD | BigInt(DATA_GPA + 0x1000) | 7n);
    put(PDPT_KERNEL, 0, BigInt(PD_KERNEL) | 3n);
    put(PD_KERNEL, 0, 0x83n);
    put(GDT, KERNEL_CS >> 3, 0x00af_9b00_0000_ffffn);
    put(GDT, USER_CS32 >> 3, 0x00cf_fb00_0000_ffffn);
    put(GDT, USER_DS >> 3, 0x00cf_f300_0000_ffffn);
    put(GDT, USER_CS64 >> 3, 0x00af_fb00_0000_ffffn);
    const halt = new Uint8Array(258 * 16).fill(0xf4);
    machine.write(HANDLERS, halt);
    for (let vector = 0; vector < 256; vector++) {
      const handler = KERNEL + BigInt(HANDLERS + vector * 16);
      const type = USER_GATES.includes(vector) ? 0xeen : 0x8en;
      const low = (handler & 0xffffn) | (BigInt(KERNEL_CS) << 16n) | (type << 40n) | (((handler >> 16n) & 0xffffn) << 48n);
      put(IDT, vector * 2, low);
      put(IDT, vector * 2 + 1, handler >> 32n);
    }
    machine.write(TSS + 4, quad(KERNEL + BigInt(STACK_TOP)));
    // The I/O map lies beyond the limit: no port is allowed.
    machine.write(TSS + 102, Uint8Array.of(0xff, 0xff));
    machine.write(DATA_GPA, PATTERN);
  }

  /** The whole page: an earlier vector may have stored into it. */
  private layCode(v: Vector): void {
    const bytes = new Uint8Array(CODE_SIZE).fill(0xcc);
    bytes.set(v.code);
    this.machine.write(CODE_GPA, bytes);
  }

  private layData(v: Vector): void {
    for (const { address, bytes } of v.memory) {
      this.expected.set(bytes, address - DATA);
      this.machine.write(DATA_GPA + address - DATA, bytes);
    }
  }

  private layState(v: Vector): void {
    const { state } = this.machine;
    state.setU64('cr0', CR0);
    state.setU64('cr3', BigInt(PML4));
    state.setU64('cr4', CR4);
    state.setU64('efer', EFER);
    state.setU64('xcr0', XCR0);
    const handlers = KERNEL + BigInt(HANDLERS);
    for (const field of ['lstar', 'cstar'] as const) state.setU64(field, handlers + BigInt(SYSCALL_ENTRY * 16));
    state.setU64('sysenterEip', handlers + BigInt(SYSENTER_ENTRY * 16));
    state.setU64('sysenterCs', BigInt(KERNEL_CS));
    state.setU64('star', BigInt(KERNEL_CS) << 32n);
    state.setU64('gdtrBase', KERNEL + BigInt(GDT));
    state.setU32('gdtrLimit', 0x7f);
    state.setU64('idtrBase', KERNEL + BigInt(IDT));
    state.setU32('idtrLimit', 0xfff);
    for (const [i, value] of v.gpr.entries()) state.setGpr(i, value);
    state.setU64('rip', v.rip);
    state.setU64('rflags', v.rflags | 0x202n);
    const data = { selector: USER_DS, access: 0xc0f3, limit: 0xffff_ffff, base: 0n };
    const none = { selector: 0, access: 0x1_0000, limit: 0 };
    for (const segment of [Seg.es, Seg.ss, Seg.ds]) state.setSegment(segment, data);
    state.setSegment(Seg.fs, { ...none, base: v.fsbase });
    state.setSegment(Seg.gs, { ...none, base: v.gsbase });
    state.setSegment(Seg.ldtr, { ...none, base: 0n });
    state.setSegment(Seg.tr, { selector: 0x40, access: 0x8b, limit: 0x67, base: KERNEL + BigInt(TSS) });
    const code = v.mode32 ? { selector: USER_CS32, access: 0xc0fb } : { selector: USER_CS64, access: 0xa0fb };
    state.setSegment(Seg.cs, { ...code, limit: 0xffff_ffff, base: 0n });
    state.setU32('cpl', 3);
    state.setU32('activity', 0);
    state.setU32('mxcsr', v.mxcsr);
    layFpu(state, v.fpu);
    for (let i = 0; i < 16; i++) {
      const value = v.xmm.get(i) ?? 0n;
      for (let quad = 0; quad < 4; quad++) state.setYmmQuad(i, quad, value >> BigInt(quad * 64));
    }
    updateMode(state);
  }

  /** Changed words of the data window; the window is put back. */
  private changes(result: Result): void {
    const now = this.machine.read(DATA_GPA, DATA_SIZE);
    const words = new Uint32Array(now.buffer, now.byteOffset, DATA_SIZE / 4);
    const expected = new Uint32Array(this.expected.buffer, 0, DATA_SIZE / 4);
    let found = 0;
    for (let offset = 0; offset < DATA_SIZE; offset += 8) {
      const word = offset >> 2;
      if (words[word] === expected[word] && words[word + 1] === expected[word + 1]) continue;
      if (found++ < MAX_WORDS) result.set(`mem@${(DATA + offset).toString(16)}`, hexBytes(now.subarray(offset, offset + 8)));
      else result.set('mem', 'more');
      this.expected.set(PATTERN.subarray(offset, offset + 8), offset);
      this.machine.write(DATA_GPA + offset, PATTERN.subarray(offset, offset + 8));
    }
  }
  private restore(v: Vector): void {
    for (const { address, bytes } of v.memory) {
      const pattern = PATTERN.subarray(address - DATA, address - DATA + bytes.length);
      this.expected.set(pattern, address - DATA);
      this.machine.write(DATA_GPA + address - DATA, pattern);
    }
  }

  private registers(v: Vector, result: Result, at: Place): void {
    const { state } = this.machine;
    const { rip, rflags, rsp } = at;
    for (const [i, name] of GPR_NAMES.entries()) {
      const value = i === 4 ? rsp : state.gpr(i);
      if (value !== v.gpr[i]) result.set(name, value.toString(16));
    }
    if (rip !== v.rip) result.set('rip', rip.toString(16));
    if ((rflags ^ v.rflags) & FLAGS_SHOWN) result.set('rflags', (rflags & (FLAGS_SHOWN | 0x202n)).toString(16));
    const fs = state.segmentBase(Seg.fs);
    const gs = state.segmentBase(Seg.gs);
    if (fs !== v.fsbase) result.set('fsbase', fs.toString(16));
    if (gs !== v.gsbase) result.set('gsbase', gs.toString(16));
    fpuResult(state, v.fpu, result);
    if (state.u32('mxcsr') !== v.mxcsr) result.set('mxcsr', state.u32('mxcsr').toString(16).padStart(8, '0'));
    for (let i = 0; i < 16; i++) {
      const before = v.xmm.get(i) ?? 0n;
      const low = (state.ymmQuad(i, 1) << 64n) | state.ymmQuad(i, 0);
      const high = (state.ymmQuad(i, 3) << 64n) | state.ymmQuad(i, 2);
      // Named by what differs, as the oracle does.
      if (high !== before >> 128n) result.set(`ymm${i}`, ((high << 128n) | low).toString(16).padStart(64, '0'));
      else if (low !== BigInt.asUintN(128, before)) result.set(`xmm${i}`, low.toString(16).padStart(32, '0'));
    }
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

  private here(): Place {
    const { state } = this.machine;
    return { rip: state.u64('rip'), rflags: state.u64('rflags'), rsp: state.gpr(4) };
  }

  /** The handler that halted says how the vector ended, and its frame where. */
  private handled(v: Vector, result: Result): Place {
    const { machine } = this;
    const { state } = machine;
    const vector = Number(state.u64('rip') - KERNEL - BigInt(HANDLERS)) >> 4;
    if (vector === SYSCALL_ENTRY || vector === SYSENTER_ENTRY) {
      result.set('end', 'syscall');
      // SYSCALL has them in RCX and R11; SYSENTER keeps nothing.
      if (vector === SYSCALL_ENTRY) return { rip: state.gpr(1), rflags: state.gpr(11), rsp: state.gpr(4) };
      return { rip: v.rip, rflags: v.rflags, rsp: v.gpr[4] ?? 0n };
    }
    const hasError = ERROR_CODE_VECTORS.includes(vector);
    const bytes = machine.read(Number(state.gpr(4) - KERNEL), 48);
    const words = [...new BigUint64Array(bytes.buffer, bytes.byteOffset, 6)] as [bigint, bigint, bigint, bigint, bigint, bigint];
    const error = hasError ? words[0] : 0n;
    const [rip, , rflags, rsp] = (hasError ? words.slice(1) : words) as [bigint, bigint, bigint, bigint];
    const at = Number(rip) - 1;
    if (vector === BREAKPOINT && !(at >= CODE && at < CODE + v.code.length)) {
      result.set('end', 'ok');
      return { rip: BigInt(at), rflags, rsp };
    }
    if (vector === SYSTEM_CALL) result.set('end', 'syscall');
    else {
      result.set('end', 'exception').set('vector', vector.toString(16)).set('error', error.toString(16));
      if (vector === 14) result.set('cr2', state.u64('cr2').toString(16));
    }
    return { rip, rflags, rsp };
  }

  /** The result in the oracle's terms, or what the engine does not implement. */
  run(v: Vector): Result | { unimplemented: string } {
    this.layCode(v);
    this.layData(v);
    this.layState(v);
    const end = this.execute(v);
    const result: Result = new Map(v.id === '' ? [] : [['id', v.id]]);
    if (end.kind === 'unimplemented') {
      this.changes(new Map());
      this.restore(v);
      return { unimplemented: end.text };
    }
    if (end.kind === 'halted') this.registers(v, result, this.handled(v, result));
    else if (end.kind === 'stepped') {
      result.set('end', 'ok');
      this.registers(v, result, this.here());
    } else result.set('end', end.kind === 'budget' ? 'loop' : end.kind);
    this.changes(result);
    this.restore(v);
    return result;
  }
}
