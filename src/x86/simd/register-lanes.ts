// Single lanes of a vector register.
import type { VcpuState } from '../vcpu-state';

export type LaneBytes = 4 | 8;

export function registerLane(state: VcpuState, register: number, lane: number, bytes: LaneBytes): bigint {
  if (bytes === 8) return state.ymmQuad(register, lane);
  return (state.ymmQuad(register, lane >> 1) >> BigInt((lane & 1) * 32)) & 0xffff_ffffn;
}
export function setRegisterLane(state: VcpuState, register: number, lane: number, bytes: LaneBytes, value: bigint): void {
  if (bytes === 8) {
    state.setYmmQuad(register, lane, value);
    return;
  }
  const shift = BigInt((lane & 1) * 32);
  const rest = state.ymmQuad(register, lane >> 1) & ~(0xffff_ffffn << shift);
  state.setYmmQuad(register, lane >> 1, rest | (value << shift));
}
export const laneSign = (value: bigint, bytes: LaneBytes): boolean => value >> BigInt(bytes * 8 - 1) !== 0n;
