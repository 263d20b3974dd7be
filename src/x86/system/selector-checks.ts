// LAR LSL VERR VERW ARPL: what a selector would give, without loading it (SDM vol 2; vol 3 ch. 5.10).
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { Access, dplOf, Rflags, SystemType } from './bits';
import {
  cacheOf,
  type Descriptor,
  findDescriptor,
  isCode,
  isConforming,
  isNull,
  isSystem,
  isWritableData,
  rplOf,
  typeOf,
} from './descriptors';
import { isLongMode } from './mode';
import { readSelector, requireProtected, setRegister } from './operands';

const { ldt, tss16Available, tss16Busy, tss32Available, tss32Busy, callGate16, callGate32, taskGate } = SystemType;
const LSL_TYPES: readonly number[] = [ldt, tss16Available, tss16Busy, tss32Available, tss32Busy];
const LAR_TYPES: readonly number[] = [...LSL_TYPES, callGate16, callGate32, taskGate];
const LONG_LSL_TYPES: readonly number[] = [ldt, tss32Available, tss32Busy];
const LONG_LAR_TYPES: readonly number[] = [...LONG_LSL_TYPES, callGate32];
/** Limit bits 19:16 are undefined in the manual; CPUs return them. */
const LAR_MASK = 0x00ff_ff00n;

function setZf(cpu: Cpu, value: boolean): void {
  const rflags = cpu.state.u64('rflags');
  cpu.state.setU64('rflags', value ? rflags | Rflags.ZF : rflags & ~Rflags.ZF);
}

/** The descriptor, if it is there, of an accessible kind, and visible at CPL and RPL. */
function visible(cpu: Cpu, selector: number, systemTypes: readonly number[]): Descriptor | undefined {
  if (isNull(selector)) return undefined;
  const descriptor = findDescriptor(cpu, selector);
  if (!descriptor) return undefined;
  if (isSystem(descriptor) && !systemTypes.includes(typeOf(descriptor))) return undefined;
  const weakest = Math.max(cpu.state.u32('cpl'), rplOf(selector));
  if (!isConforming(descriptor) && weakest > dplOf(descriptor.access)) return undefined;
  return descriptor;
}

function result(cpu: Cpu, insn: HelperInsn, value: bigint | undefined): void {
  if (value !== undefined) setRegister(cpu.state, insn.reg, insn.operandSize, value);
  setZf(cpu, value !== undefined);
}

export const lar: Helper = (cpu, insn) => {
  requireProtected(cpu);
  const descriptor = visible(cpu, readSelector(cpu, insn), isLongMode(cpu.state) ? LONG_LAR_TYPES : LAR_TYPES);
  result(cpu, insn, descriptor && (descriptor.raw >> 32n) & LAR_MASK);
};

export const lsl: Helper = (cpu, insn) => {
  requireProtected(cpu);
  const descriptor = visible(cpu, readSelector(cpu, insn), isLongMode(cpu.state) ? LONG_LSL_TYPES : LSL_TYPES);
  result(cpu, insn, descriptor && BigInt(cacheOf(descriptor).limit));
};

export const verr: Helper = (cpu, insn) => {
  requireProtected(cpu);
  const descriptor = visible(cpu, readSelector(cpu, insn), []);
  setZf(cpu, descriptor !== undefined && (!isCode(descriptor) || (descriptor.access & Access.readable) !== 0));
};

export const verw: Helper = (cpu, insn) => {
  requireProtected(cpu);
  const descriptor = visible(cpu, readSelector(cpu, insn), []);
  setZf(cpu, descriptor !== undefined && isWritableData(descriptor));
};

/** Legacy modes only: raises the RPL of r/m16 to that of r16. */
export const arpl: Helper = (cpu, insn) => {
  requireProtected(cpu);
  const destination = readSelector(cpu, insn);
  const source = cpu.state.gpr32(insn.reg) & 3;
  const raise = rplOf(destination) < source;
  const value = BigInt(raise ? (destination & ~3) | source : destination);
  if (insn.rm >= 0) setRegister(cpu.state, insn.rm, 2, value);
  else cpu.memory.write(insn.linear, 2, value, 'current');
  setZf(cpu, raise);
};
