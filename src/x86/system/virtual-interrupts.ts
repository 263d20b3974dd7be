// Virtual interrupt flag of virtual-8086 mode with CR4.VME and of CPL 3 with CR4.PVI: what CLI, STI, PUSHF, POPF, IRET and INT n do where IOPL does not
// allow them (SDM vol 3 ch. 22.3, 22.4).
import type { Cpu } from '../cpu';
import { faults } from '../fault';
import { Gpr, Seg } from '../layout';
import type { VcpuState } from '../vcpu-state';
import { Access, Cr4, Rflags } from './bits';
import { ioplOf, isReal, isVirtual8086 } from './mode';
import { loadVm86Segment } from './segments';
import { StackFrame, withStackPointer } from './stack-frame';

/** How an instruction that changes or shows IF may do it. */
export type InterruptAccess = 'real' | 'virtual';

/** CLI and STI: #GP(0) where neither is allowed. */
export function interruptAccess(cpu: Cpu): InterruptAccess {
  const { state } = cpu;
  const cpl = state.u32('cpl');
  if (isReal(state) || cpl <= ioplOf(state)) return 'real';
  const enabled = state.u64('cr4') & (isVirtual8086(state) ? Cr4.VME : Cr4.PVI);
  if (cpl === 3 && enabled) return 'virtual';
  throw faults.gp(0);
}

/** PUSHF, POPF and IRET in virtual-8086 mode: IOPL 3, or VME and a 16-bit operand. Elsewhere IOPL does not decide. */
export function vm86FlagAccess(cpu: Cpu, operandSize: number): InterruptAccess {
  const { state } = cpu;
  if (!isVirtual8086(state) || ioplOf(state) === 3) return 'real';
  if (operandSize === 2 && state.u64('cr4') & Cr4.VME) return 'virtual';
  throw faults.gp(0);
}

/** The 16-bit flags image that shows VIF as IF and IOPL 3. */
export const virtualImage = (rflags: bigint): bigint => (rflags & ~Rflags.IF) | Rflags.IOPL | (rflags & Rflags.VIF ? Rflags.IF : 0n);

const FROM_IMAGE = 0xffffn & ~(Rflags.IF | Rflags.IOPL | Rflags.fixed);
const RESERVED = 0x8028n;

/** RFLAGS with a 16-bit image whose IF goes to VIF. #GP(0) where a virtual interrupt waits for it, or with TF. */
export function fromVirtualImage(rflags: bigint, image: bigint): bigint {
  if (image & Rflags.TF || (image & Rflags.IF && rflags & Rflags.VIP)) throw faults.gp(0);
  const mask = FROM_IMAGE & ~RESERVED;
  const kept = rflags & ~(mask | Rflags.VIF | Rflags.RF);
  return kept | (image & mask) | (image & Rflags.IF ? Rflags.VIF : 0n);
}

/** CLI or STI on VIF. */
export function setVirtualInterruptFlag(state: VcpuState, on: boolean): void {
  const rflags = state.u64('rflags');
  if (on && rflags & Rflags.VIP) throw faults.gp(0);
  state.setU64('rflags', on ? rflags | Rflags.VIF : rflags & ~Rflags.VIF);
}

const IO_MAP_BASE = 102n;

/** Whether the redirection bitmap before the I/O map sends INT n to the virtual machine's own vector table: its bit is clear. */
function isRedirected(cpu: Cpu, vector: number): boolean {
  const tr = cpu.state.segment(Seg.tr);
  if (tr.access & Access.unusable || tr.limit < Number(IO_MAP_BASE) + 1) throw faults.gp(0);
  const map = Number(cpu.memory.read(tr.base + IO_MAP_BASE, 2, 'system'));
  const offset = map - 32 + (vector >> 3);
  if (offset < 0 || offset > tr.limit) throw faults.gp(0);
  const byte = cpu.memory.read(tr.base + BigInt(offset), 1, 'system');
  return ((byte >> BigInt(vector & 7)) & 1n) === 0n;
}

/** INT n of virtual-8086 mode that is handled in it (methods 5 and 6). False: it goes to protected mode or is #GP, as IOPL says. */
export function redirectInterrupt(cpu: Cpu, vector: number): boolean {
  const { state } = cpu;
  if (!isVirtual8086(state) || !(state.u64('cr4') & Cr4.VME) || !isRedirected(cpu, vector)) return false;
  const rflags = state.u64('rflags');
  const real = ioplOf(state) === 3;
  const pointer = cpu.memory.read(BigInt(vector * 4), 4, 'current');
  const rsp = state.gpr(Gpr.rsp);
  const frame = StackFrame.current(cpu, rsp)
    .push(2, real ? rflags : virtualImage(rflags))
    .push(2, BigInt(state.segment(Seg.cs).selector))
    .push(2, state.u64('rip'));
  frame.probe();
  frame.write();
  state.setGpr(Gpr.rsp, withStackPointer(rsp, frame.pointer, frame.width));
  state.setU64('rflags', rflags & ~(Rflags.TF | Rflags.RF | (real ? Rflags.IF : Rflags.VIF)));
  loadVm86Segment(cpu, Seg.cs, Number(pointer >> 16n));
  state.setU64('rip', pointer & 0xffffn);
  cpu.modeChanged();
  return true;
}
