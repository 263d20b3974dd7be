// A 32-bit protected-mode machine with a GDT, an IDT whose handlers halt, and task-state segments, for tests that run real instructions.
import { Seg } from '../../../src/x86/layout';
import { updateMode } from '../../../src/x86/system/mode';
import type { VcpuState } from '../../../src/x86/vcpu-state';
import { BareMachine } from '../../engine/bare-machine';

export const GDT = 0x4000;
export const TSS_A = 0x5000;
export const TSS_B = 0x5100;
export const TSS_16 = 0x5200;
export const TSS_C = 0x5300;
export const IDT = 0x6000;
const HANDLERS = 0x7000;
export const CODE = 0x9000;
export const STACK = 0xb000;
export const Sel = {
  code0: 8,
  data0: 0x10,
  code3: 0x1b,
  data3: 0x23,
  tssA: 0x28,
  tssB: 0x30,
  taskGate: 0x38,
  tss16: 0x40,
  tssC: 0x48,
} as const;

/** Eight descriptor bytes; `flags` are G D/B L AVL. */
export const descriptor = (base: number, limit: number, access: number, flags = 0): bigint =>
  BigInt(limit & 0xffff) |
  (BigInt(base & 0xff_ffff) << 16n) |
  (BigInt(access) << 40n) |
  (BigInt((limit >> 16) & 15) << 48n) |
  (BigInt(flags) << 52n) |
  (BigInt(base >>> 24) << 56n);

export class LegacyMachine {
  readonly machine = new BareMachine();
  readonly state: VcpuState;

  constructor() {
    this.state = this.machine.protectedMode();
    const { state } = this;
    const flat = (access: number): bigint => descriptor(0, 0xf_ffff, access, 12);
    for (const [i, value] of [0n, flat(0x9b), flat(0x93), flat(0xfb), flat(0xf3)].entries()) this.quad(GDT + i * 8, value);
    this.quad(GDT + Sel.tssA, descriptor(TSS_A, 0xff, 0x8b));
    this.quad(GDT + Sel.tssB, descriptor(TSS_B, 0x67, 0x89));
    this.quad(GDT + Sel.taskGate, (BigInt(Sel.tssB) << 16n) | (0xe5n << 40n));
    this.quad(GDT + Sel.tss16, descriptor(TSS_16, 0x2b, 0x81));
    this.quad(GDT + Sel.tssC, descriptor(TSS_C, 0x67, 0x89));
    for (let vector = 0; vector < 128; vector++) this.gate(vector, 0xee, Sel.code0, HANDLERS + vector * 16);
    this.machine.write(HANDLERS, new Uint8Array(128 * 16).fill(0xf4));
    state.setU64('gdtrBase', BigInt(GDT));
    state.setU32('gdtrLimit', 0xff);
    state.setU64('idtrBase', BigInt(IDT));
    state.setU32('idtrLimit', 0x3ff);
    state.setSegment(Seg.tr, { selector: Sel.tssA, access: 0x8b, limit: 0xff, base: BigInt(TSS_A) });
    state.setSegment(Seg.ldtr, { selector: 0, access: 0x1_0000, limit: 0, base: 0n });
    state.setU64('rip', BigInt(CODE));
    state.setGpr(4, BigInt(STACK));
    this.word(TSS_A + 4, STACK - 0x800);
    this.word(TSS_A + 8, Sel.data0);
  }

  quad(at: number, value: bigint): void {
    this.machine.write(at, new Uint8Array(new BigUint64Array([BigInt.asUintN(64, value)]).buffer));
  }
  word(at: number, value: number): void {
    this.machine.write(at, new Uint8Array(new Uint32Array([value]).buffer));
  }
  half(at: number, value: number): void {
    this.machine.write(at, [value & 0xff, value >> 8]);
  }
  read(at: number, bytes: 1 | 2 | 4 = 4): number {
    return this.machine.read(at, bytes).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }
  gate(vector: number, access: number, selector: number, offset: number): void {
    this.quad(
      IDT + vector * 8,
      BigInt(offset & 0xffff) | (BigInt(selector) << 16n) | (BigInt(access) << 40n) | (BigInt(offset >>> 16) << 48n),
    );
  }

  /** A task that begins at `eip`, at CPL 0 with flat segments. */
  task32(at: number, eip: number, more: Readonly<Record<number, number>> = {}): void {
    const fields: Record<number, number> = { 28: 0, 32: eip, 36: 2, 56: STACK + 0x800, 72: 16, 76: 8, 80: 16, 84: 16, 88: 0, 92: 0, 96: 0 };
    for (const [offset, value] of Object.entries({ ...fields, ...more })) this.word(at + Number(offset), value);
  }

  /** Virtual-8086 mode at 0900:0000, which is CODE, with its stack at 0A00:1000. */
  virtual8086(rflags: bigint, cr4 = 0n): void {
    const { state } = this;
    state.setU64('rflags', rflags | 0x2_0002n);
    state.setU64('cr4', cr4);
    for (const segment of [Seg.es, Seg.cs, Seg.ss, Seg.ds, Seg.fs, Seg.gs]) {
      const selector = segment === Seg.ss ? 0xa00 : 0x900;
      state.setSegment(segment, { selector, access: 0xf3, limit: 0xffff, base: BigInt(selector * 16) });
    }
    state.setU32('cpl', 3);
    state.setU64('rip', 0n);
    state.setGpr(4, 0x1000n);
    updateMode(state);
  }

  run(code: string, count: number): string {
    this.machine.write(CODE, code);
    const end = this.machine.run(count);
    if (end.kind !== 'halted') return end.kind;
    return `vector ${((Number(this.state.u64('rip')) - HANDLERS) >> 4).toString(16)}`;
  }
  /** The handler's frame: error code if there is one, EIP, CS, EFLAGS. */
  frame(words: number): number[] {
    const esp = Number(this.state.gpr(4));
    return Array.from({ length: words }, (_, i) => this.read(esp + i * 4));
  }
}
