// A guest whose code changes for ever: a caller writes the immediate of a function with a loop in it, and calls it.
import type { Tier } from '../../../src/engine/cpu-engine';
import { BareMachine } from '../bare-machine';

const CODE = 0x10000;
const FUNCTION = 0x11000;

export function churningMachine(tier: Tier): BareMachine {
  const machine = new BareMachine({ tier });
  const state = machine.longMode();
  // 1: mov [0x11001],esi; call 0x11000; dec esi; jnz 1b; hlt. 0x11000: mov eax,imm32; mov ecx,50; 2: add ebx,eax; dec ecx; jnz 2b; ret
  machine.write(CODE, '89342501100100 e8f40f0000 ffce 75f0 f4');
  machine.write(FUNCTION, 'b800000000 b932000000 01c3 ffc9 75fa c3');
  state.setGpr(4, 0x80000n);
  return machine;
}

/** Changes the function so many times and calls it each time; says whether its sum is right. */
export function churn(machine: BareMachine, rounds: number): boolean {
  const { state } = machine;
  state.setGpr(3, 0n);
  state.setGpr(6, BigInt(rounds));
  state.setU64('rip', BigInt(CODE));
  state.setU32('activity', 0);
  const { kind } = machine.run(rounds * 200);
  return kind === 'halted' && state.gpr(3) === BigInt.asUintN(32, BigInt(50 * ((rounds * (rounds + 1)) / 2)));
}
