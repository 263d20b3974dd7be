// A machine in 64-bit mode that runs a loop, with a handler for one exception.
import { BareMachine } from './bare-machine';

const [CODE, HANDLER, IDT, GDT, STACK] = [0x1_0000, 0x1_1000, 0x1_2000, 0x1_3000, 0x1_6000];
const quad = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

export function loopingMachine(loop: string, vector: number, handler: string): BareMachine {
  const machine = new BareMachine();
  const state = machine.longMode();
  machine.write(CODE, loop);
  machine.write(HANDLER, handler);
  machine.write(IDT + vector * 16, quad(0x0000_8e00_0008_0000n | (BigInt(HANDLER >> 16) << 48n) | BigInt(HANDLER & 0xffff)));
  machine.write(GDT + 8, quad(0x00af_9b00_0000_ffffn));
  machine.write(GDT + 16, quad(0x00cf_9300_0000_ffffn));
  state.setU64('idtrBase', BigInt(IDT));
  state.setU32('idtrLimit', 0xfff);
  state.setU64('gdtrBase', BigInt(GDT));
  state.setU32('gdtrLimit', 23);
  state.setU64('rip', BigInt(CODE));
  state.setGpr(4, BigInt(STACK));
  return machine;
}
