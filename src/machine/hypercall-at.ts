// The hypercall that a vCPU is about to make, if its next instruction is one: looked at from outside, before anything of it happens.
import { describeHypercall } from '../pv/describe.rows';
import { Seg } from '../x86/layout';
import type { HypercallInfo } from './control/types';
import { linearOf, readBytes } from './memory-access';
import type { Vcpu } from './vm/vcpu';
import type { Vm } from './vm/vm';

/** VMCALL is 0F 01 C1, VMMCALL 0F 01 D9 (SDM vol 2, AMD vol 3). */
const isHypercall = (bytes: Uint8Array): boolean => bytes[0] === 0x0f && bytes[1] === 0x01 && (bytes[2] === 0xc1 || bytes[2] === 0xd9);
/** Operand size, REP and REX prefixes, which change nothing. */
const isPrefix = (byte: number): boolean => byte === 0x66 || byte === 0xf2 || byte === 0xf3 || (byte & 0xf0) === 0x40;

export function hypercallAt(vm: Vm, vcpu: Vcpu): (HypercallInfo & { cpl: number }) | undefined {
  if (vm.pv === undefined) return undefined;
  const { state } = vcpu;
  const linear = BigInt.asUintN(64, state.segmentBase(Seg.cs) + state.u64('rip'));
  let bytes = readBytes(vm.engine, linear, 8, linearOf(vm.engine, vcpu.index));
  while (bytes.length > 3 && isPrefix(bytes[0]!)) bytes = bytes.subarray(1);
  if (!isHypercall(bytes)) return undefined;
  const frame = vm.pv.decode(state);
  return { ...describeHypercall(frame.interface, Number(frame.nr), frame.args), cpl: frame.cpl };
}
