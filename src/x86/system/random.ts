// RDRAND and RDSEED (SDM vol 2): a stream for each vCPU that follows from the host's seed, so that a run can be repeated. It is saved with the vCPU.
// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
import type { Helper } from '../cpu';
import type { VcpuState } from '../vcpu-state';
import { Rflags } from './bits';
import { setRegister } from './operands';

const GAMMA = 0x9e37_79b9_7f4a_7c15n;
const MIX1 = 0xbf58_476d_1ce4_e5b9n;
const MIX2 = 0x94d0_49bb_1331_11ebn;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const OTHER_FLAGS = Rflags.OF | Rflags.SF | Rflags.ZF | Rflags.AF | Rflags.PF;

const mix = (value: bigint): bigint => {
  let z = value;
  z = u64((z ^ (z >> 30n)) * MIX1);
  z = u64((z ^ (z >> 27n)) * MIX2);
  return z ^ (z >> 31n);
};

/** Where the stream of a vCPU begins. */
export const randomStart = (seed: number, vcpu: number): bigint => mix(u64(BigInt(seed) * GAMMA + BigInt(vcpu)));

function next(state: VcpuState): bigint {
  const value = u64(state.u64('random') + GAMMA);
  state.setU64('random', value);
  return mix(value);
}

/** There is always a number: CF 1. */
const give: Helper = (cpu, insn) => {
  const { state } = cpu;
  setRegister(state, insn.rm, insn.operandSize, BigInt.asUintN(insn.operandSize * 8, next(state)));
  state.setU64('rflags', (state.u64('rflags') & ~OTHER_FLAGS) | Rflags.CF);
};
export const rdrand = give;
export const rdseed = give;
