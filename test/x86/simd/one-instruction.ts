// Runs one instruction in 64-bit mode at CPL 0 and says what came of it: the exception that it raised first, or none.

import { updateMode } from '../../../src/x86/system/mode';
import type { VcpuState } from '../../../src/x86/vcpu-state';
import { BareMachine } from '../../engine/bare-machine';

const CODE = 0x10_0000;
/** A place for operands, 16-byte aligned. */
export const OPERAND = 0x11_0000;

export interface Outcome {
  /** Vector of the exception, if any. */
  raised: number | undefined;
  state: VcpuState;
  memory: Uint8Array;
}

const machine = new BareMachine();

export function runOne(code: string, prepare: (state: VcpuState, machine: BareMachine) => void = () => {}): Outcome {
  const state = machine.longMode();
  state.setU32('mxcsr', 0x1f80);
  state.setU64('rip', BigInt(CODE));
  machine.write(CODE, code);
  for (let i = 0; i < 16; i++) for (const quad of [0, 1]) state.setYmmQuad(i, quad, 0n);
  prepare(state, machine);
  updateMode(state);
  let raised: number | undefined;
  machine.host.onEvent = (kind, vector) => {
    if (kind === 'exception') raised ??= Number(vector);
  };
  machine.run(1);
  return { raised, state, memory: machine.read(OPERAND, 64) };
}

export const setXmm = (state: VcpuState, index: number, value: bigint): void => {
  state.setYmmQuad(index, 0, value);
  state.setYmmQuad(index, 1, value >> 64n);
};
export const xmm = (state: VcpuState, index: number): bigint => (state.ymmQuad(index, 1) << 64n) | state.ymmQuad(index, 0);
