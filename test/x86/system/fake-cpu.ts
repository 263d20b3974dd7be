// A small Cpu for tests of helpers: flat memory, pages that may be made to fault, and a host that records what it is asked.

import type { Cpu, CpuHost, HelperInsn, LinearMemory, PhysicalMemory, Privilege } from '../../../src/x86/cpu';
import { CpuFault, faults } from '../../../src/x86/fault';
import { Seg, STATE_SIZE } from '../../../src/x86/layout';
import { Cr0, Cr4, Efer } from '../../../src/x86/system/bits';
import { updateMode } from '../../../src/x86/system/mode';
import { resetState } from '../../../src/x86/system/reset';
import { VcpuState } from '../../../src/x86/vcpu-state';
import { everyFeature } from '../../support/every-feature';

const MEMORY = 0x20_0000;

/** Where tests put things. */
export const At = {
  gdt: 0x1000n,
  idt: 0x2000n,
  tss: 0x4000n,
  ldt: 0x5000n,
  userStack: 0x8000n,
  stack0: 0x9000n,
  ist1: 0xa000n,
  code: 0xb000n,
} as const;

/** GDT selectors of the tests. */
export const Sel = {
  code0: 0x08,
  data0: 0x10,
  code3: 0x18,
  data3: 0x20,
  code64: 0x28,
  code64User: 0x30,
  tss: 0x38,
  ldt: 0x48,
  code16: 0x58,
  data16: 0x60,
  conforming: 0x68,
  code1: 0x70,
  data1: 0x78,
  callGate: 0x80,
  absent: 0x90,
  readOnly: 0x98,
} as const;

/** Descriptor from base, limit (in its own unit), access byte and flags nibble (G D L AVL). */
export function descriptor(base: number, limit: number, access: number, flags: number): bigint {
  return (
    BigInt(limit & 0xffff) |
    (BigInt(base & 0xff_ffff) << 16n) |
    (BigInt(access) << 40n) |
    (BigInt((limit >> 16) & 0xf) << 48n) |
    (BigInt(flags) << 52n) |
    (BigInt((base >>> 24) & 0xff) << 56n)
  );
}

/** Eight bytes of a gate: access byte (with P and DPL), selector, offset, and the count or IST byte. */
export function gate(access: number, selector: number, offset: number, count = 0): bigint {
  return (
    BigInt(offset & 0xffff) | (BigInt(selector) << 16n) | (BigInt(count) << 32n) | (BigInt(access) << 40n) | (BigInt(offset >>> 16) << 48n)
  );
}

export class FakeCpu implements Cpu {
  /** What a helper leaves here instead of throwing it. */
  get raised(): CpuFault | undefined {
    return undefined;
  }
  set raised(fault: CpuFault | undefined) {
    if (fault) throw fault;
  }
  readonly index = 0;
  readonly model = everyFeature();
  readonly state = new VcpuState(new ArrayBuffer(STATE_SIZE), 0);
  readonly ram = new DataView(new ArrayBuffer(MEMORY));
  readonly events: string[] = [];
  readonly flushes: string[] = [];
  /** Pages (linear >> 12) that fault: on any access, or on writes only. */
  readonly absentPages = new Set<number>();
  readonly readOnlyPages = new Set<number>();
  writes = 0;
  tsc = 1000n;
  readonly ports: string[] = [];
  tpr = 0;
  hypercallAccepted = true;

  constructor() {
    resetState(this.state, 'power-on', true);
  }

  armMonitor(): void {}
  private check(linear: bigint, length: number, write: boolean, privilege: Privilege): void {
    const user = privilege === 'user' || (privilege === 'current' && this.state.u32('cpl') === 3);
    for (const at of [linear, linear + BigInt(length - 1)]) {
      const page = Number(at >> 12n);
      if (this.absentPages.has(page)) throw faults.pf(at, (write ? 2 : 0) | (user ? 4 : 0));
      if (write && this.readOnlyPages.has(page)) throw faults.pf(at, 3 | (user ? 4 : 0));
    }
    if (linear + BigInt(length) > BigInt(MEMORY)) throw faults.pf(linear, write ? 2 : 0);
  }

  readonly memory: LinearMemory = {
    read: (linear, size, privilege) => {
      this.check(linear, size, false, privilege);
      return this.get(linear, size);
    },
    write: (linear, size, value, privilege) => {
      this.check(linear, size, true, privilege);
      this.writes++;
      this.put(linear, size, value);
    },
    probeWrite: (linear, length, privilege) => this.check(linear, length, true, privilege),
    readBytes: (linear, into) => {
      this.check(linear, into.length, false, 'current');
      for (let i = 0; i < into.length; i++) into[i] = Number(this.get(linear + BigInt(i), 1));
    },
    writeBytes: (linear, bytes) => {
      this.check(linear, bytes.length, true, 'current');
      this.writes++;
      for (const [i, byte] of bytes.entries()) this.put(linear + BigInt(i), 1, BigInt(byte));
    },
  };

  readonly physical: PhysicalMemory = {
    read64: (gpa) => this.get(BigInt(gpa), 8),
    read32: (gpa) => Number(this.get(BigInt(gpa), 4)),
    write64: (gpa, value) => this.put(BigInt(gpa), 8, value),
    write32: (gpa, value) => this.put(BigInt(gpa), 4, BigInt(value)),
  };

  readonly tlb = {
    flushAll: (global: boolean) => void this.flushes.push(global ? 'all' : 'non-global'),
    flushPage: (linear: bigint) => void this.flushes.push(`page ${linear.toString(16)}`),
    flushContext: (pcid: number) => void this.flushes.push(`context ${pcid}`),
    flushPageOf: (pcid: number, linear: bigint) => void this.flushes.push(`page ${linear.toString(16)} of ${pcid}`),
    contextChanged: () => {},
  };

  readonly host: CpuHost = {
    portIn: (port, size) => {
      this.ports.push(`in ${port.toString(16)}/${size}`);
      return 0x1234_5678;
    },
    portOut: (port, size, value) => void this.ports.push(`out ${port.toString(16)}/${size}=${value.toString(16)}`),
    mmioRead: () => 0,
    mmioWrite: () => undefined,
    readMsr: (index) => (index === 0x1b ? 0xfee0_0900n : undefined),
    writeMsr: (index) => index === 0x1b,
    cpuid: (leaf, subleaf) => ({ eax: leaf, ebx: subleaf, ecx: 3, edx: 4 }),
    hostTsc: () => this.tsc,
    hypercall: () => this.hypercallAccepted,
    acknowledgeInterrupt: () => undefined,
    readTpr: () => this.tpr,
    writeTpr: (value) => {
      this.tpr = value;
    },
    event: (kind, a, b) => void this.events.push(`${kind} ${a} ${b}`),
  };

  modeChanged(): void {
    updateMode(this.state);
  }

  get(linear: bigint, size: number): bigint {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.ram.getUint8(Number(linear) + i));
    return value;
  }
  put(linear: bigint, size: number, value: bigint): void {
    for (let i = 0; i < size; i++) this.ram.setUint8(Number(linear) + i, Number((value >> BigInt(8 * i)) & 0xffn));
  }

  /** Quadwords, doublewords or words on the stack from its pointer up. */
  stack(pointer: bigint, size: number, count: number): bigint[] {
    return Array.from({ length: count }, (_, i) => this.get(pointer + BigInt(i * size), size));
  }
}

const FLAT = 0xf_ffff;

function layGdt(cpu: FakeCpu, tssAccess: number): void {
  const put = (selector: number, value: bigint): void => cpu.put(At.gdt + BigInt(selector), 8, value);
  put(Sel.code0, descriptor(0, FLAT, 0x9a, 0xc));
  put(Sel.data0, descriptor(0, FLAT, 0x92, 0xc));
  put(Sel.code3, descriptor(0, FLAT, 0xfa, 0xc));
  put(Sel.data3, descriptor(0, FLAT, 0xf2, 0xc));
  put(Sel.code64, descriptor(0, FLAT, 0x9a, 0xa));
  put(Sel.code64User, descriptor(0, FLAT, 0xfa, 0xa));
  put(Sel.tss, descriptor(Number(At.tss), 0x67, tssAccess, 0));
  put(Sel.ldt, descriptor(Number(At.ldt), 0xff, 0x82, 0));
  put(Sel.code16, descriptor(0, 0xffff, 0x9a, 0));
  put(Sel.data16, descriptor(0, 0xffff, 0x92, 0));
  put(Sel.conforming, descriptor(0, FLAT, 0x9e, 0xc));
  put(Sel.code1, descriptor(0, FLAT, 0xba, 0xc));
  put(Sel.data1, descriptor(0, FLAT, 0xb2, 0xc));
  put(Sel.absent, descriptor(0, FLAT, 0x12, 0xc));
  put(Sel.readOnly, descriptor(0, FLAT, 0x90, 0xc));
  cpu.state.setU64('gdtrBase', At.gdt);
  cpu.state.setU32('gdtrLimit', 0xff);
  cpu.state.setU64('idtrBase', At.idt);
}

function flat(cpu: FakeCpu, code: number, data: number, codeAccess: number, cpl: number): void {
  const dpl = cpl << 5;
  const selector = (value: number): number => value | cpl;
  cpu.state.setSegment(Seg.cs, { selector: selector(code), access: codeAccess | dpl, limit: 0xffff_ffff, base: 0n });
  for (const segment of [Seg.ss, Seg.ds, Seg.es, Seg.fs, Seg.gs])
    cpu.state.setSegment(segment, { selector: selector(data), access: 0xc093 | dpl, limit: 0xffff_ffff, base: 0n });
  cpu.state.setU32('cpl', cpl);
}

/** 32-bit protected mode, paging off, at CPL 0 or 3; GDT, IDT and a 32-bit TSS with SS0:ESP0 are laid. */
export function protectedCpu(cpl: 0 | 3 = 0): FakeCpu {
  const cpu = new FakeCpu();
  layGdt(cpu, 0x8b);
  cpu.state.setU64('cr0', Cr0.PE | Cr0.ET);
  flat(cpu, cpl ? Sel.code3 : Sel.code0, cpl ? Sel.data3 : Sel.data0, 0xc09b, cpl);
  cpu.state.setSegment(Seg.tr, { selector: Sel.tss, access: 0x8b, limit: 0x67, base: At.tss });
  cpu.put(At.tss + 4n, 4, At.stack0);
  cpu.put(At.tss + 8n, 2, BigInt(Sel.data0));
  cpu.state.setU32('idtrLimit', 0x7ff);
  cpu.state.setU64('rip', At.code);
  cpu.state.setGpr(4, At.userStack);
  cpu.modeChanged();
  return cpu;
}

/** 64-bit mode at CPL 0 or 3 with RSP0 and IST1. */
export function longCpu(cpl: 0 | 3 = 0): FakeCpu {
  const cpu = new FakeCpu();
  layGdt(cpu, 0x8b);
  cpu.state.setU64('cr0', Cr0.PE | Cr0.PG | Cr0.ET);
  cpu.state.setU64('cr4', Cr4.PAE);
  cpu.state.setU64('efer', Efer.LME | Efer.LMA | Efer.SCE);
  flat(cpu, cpl ? Sel.code64User : Sel.code64, cpl ? Sel.data3 : Sel.data0, 0xa09b, cpl);
  cpu.state.setSegment(Seg.tr, { selector: Sel.tss, access: 0x8b, limit: 0x67, base: At.tss });
  cpu.put(At.tss + 4n, 8, At.stack0);
  cpu.put(At.tss + 36n, 8, At.ist1);
  cpu.state.setU32('idtrLimit', 0xfff);
  cpu.state.setU64('rip', At.code);
  cpu.state.setGpr(4, At.userStack + 8n);
  cpu.modeChanged();
  return cpu;
}

export function setGate(cpu: FakeCpu, vector: number, value: bigint, upper?: bigint): void {
  if (upper === undefined) cpu.put(At.idt + BigInt(vector * 8), 8, value);
  else {
    cpu.put(At.idt + BigInt(vector * 16), 8, value);
    cpu.put(At.idt + BigInt(vector * 16 + 8), 8, upper);
  }
}

export function insn(fields: Partial<HelperInsn> = {}): HelperInsn {
  return {
    rip: At.code,
    length: 2,
    operandSize: 4,
    addressSize: 4,
    reg: 0,
    rm: -1,
    linear: 0n,
    segment: Seg.ds,
    imm: 0n,
    imm2: 0,
    rep: 'none',
    lock: false,
    ...fields,
  };
}

/** The fault that `run` raises, as "GP(18)", "PF(2)@9000" or "UD". */
export function faultOf(run: () => void): string {
  try {
    run();
  } catch (fault) {
    if (!(fault instanceof CpuFault)) throw fault;
    const names: Record<number, string> = { 0: 'DE', 1: 'DB', 6: 'UD', 7: 'NM', 8: 'DF', 10: 'TS', 11: 'NP', 12: 'SS', 13: 'GP', 14: 'PF' };
    const code = fault.errorCode === undefined ? '' : `(${fault.errorCode.toString(16)})`;
    return `${names[fault.vector] ?? fault.vector}${code}${fault.address === undefined ? '' : `@${fault.address.toString(16)}`}`;
  }
  return 'none';
}
