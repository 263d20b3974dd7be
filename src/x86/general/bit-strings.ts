// BT BTS BTR BTC with a register offset into memory, where the address wraps at 16 or 32 bits or has a segment to check: the offset is part of the effective
// address (SDM vol 2 "BT", table 3-2).
import type { Helper } from '../cpu';
import { Flag } from '../emit/flags';
import { operandAddress, register } from '../system/operands';
import { setFlags } from './flags';

const bitTest =
  (change?: (value: bigint, bit: bigint) => bigint): Helper =>
  (cpu, insn) => {
    const size = insn.operandSize;
    const linear = operandAddress(cpu, insn, size, change !== undefined);
    if (change) cpu.memory.probeWrite(linear, size, 'current');
    const value = cpu.memory.read(linear, size, 'current');
    const bit = 1n << (register(cpu.state, insn.reg, size) & BigInt(size * 8 - 1));
    if (change) cpu.memory.write(linear, size, change(value, bit), 'current');
    setFlags(cpu.state, Flag.CF, value & bit ? Flag.CF : 0);
  };

export const bt = bitTest();
export const bts = bitTest((value, bit) => value | bit);
export const btr = bitTest((value, bit) => value & ~bit);
export const btc = bitTest((value, bit) => value ^ bit);
