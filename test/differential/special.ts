// What some instructions need so that most of their vectors do more than fault: rows by name.

import { CODE, DATA, DATA_SIZE } from '../../src/engine/vectors/vector';
import { Gpr } from '../../src/x86/layout';
import { chooseTarget, type Draft, little } from './operands';

type Special = (d: Draft) => void;

const set = (d: Draft, register: number, value: bigint): void => {
  if (!d.addressRegisters.has(register)) d.v.gpr[register] = BigInt.asUintN(d.v.mode32 ? 32 : 64, value);
};
export function putMemory(d: Draft, address: number, bytes: number[]): void {
  if (address >= DATA && address + bytes.length <= DATA + DATA_SIZE && d.v.memory.length < 8) {
    if (d.v.memory.some((m) => address < m.address + m.bytes.length && m.address < address + bytes.length)) return;
    d.v.memory.push({ address, bytes: Uint8Array.from(bytes) });
  }
}
/** Somewhere in the code page after the vector's own bytes. */
const codeAddress = (d: Draft): bigint => BigInt(CODE + 0x20 + d.random.below(0xf00));

/** Around the ends of the canonical halves, of the data window and of 4 GiB. */
const pointerEdges = (): readonly bigint[] => [
  ...[0n, 0x7fff_ffff_f000n, 0x8000_0000_0000n, 0xffff_8000_0000_0000n, 0xffff_7fff_ffff_ffffn, 0x1234_5678_9abc_def0n],
  ...[BigInt(DATA), BigInt(DATA + DATA_SIZE), BigInt(DATA + 0x1000), 0x1_0000_0000n],
];
function pointer(d: Draft): bigint {
  const { random } = d;
  if (random.chance(6)) return random.pick(pointerEdges()) + BigInt(random.below(33) - 16);
  return BigInt(DATA + 0x400 + random.below(0x1800)) & (random.chance(80) ? ~7n : ~0n);
}
const stackPointer: Special = (d) => set(d, Gpr.rsp, pointer(d));

const string: Special = (d) => {
  const { random } = d;
  set(d, Gpr.rsi, BigInt(chooseTarget(random, 8)));
  set(d, Gpr.rdi, BigInt(chooseTarget(random, 8)));
  set(d, Gpr.rcx, random.chance(80) ? BigInt(random.below(40)) : BigInt(random.below(2000)));
};

const compare: Special = (d) => {
  // Equal half of the time: the accumulator is what the destination holds.
  if (d.random.chance(50)) return;
  const accumulator = d.v.gpr[Gpr.rax] as bigint;
  if (d.target >= 0) putMemory(d, d.target, little(accumulator, d.size));
  else set(d, d.rm, accumulator);
};
const comparePair: Special = (d) => {
  if (d.random.chance(50)) return;
  const half = d.memoryBytes / 2;
  const [low, high] = [d.v.gpr[Gpr.rax] as bigint, d.v.gpr[Gpr.rdx] as bigint];
  putMemory(d, d.target, [...little(low, half), ...little(high, half)]);
};
const divide: Special = (d) => {
  const { random } = d;
  if (random.chance(40)) set(d, Gpr.rdx, 0n);
  else if (random.chance(50)) set(d, Gpr.rdx, BigInt.asIntN(64, d.v.gpr[Gpr.rax] as bigint) < 0n ? -1n : 0n);
};
const bitOffset: Special = (d) => {
  if (d.random.chance(85)) set(d, d.reg, BigInt(d.random.below(4000) - 2000));
};
const indirect: Special = (d) => {
  stackPointer(d);
  if (d.random.chance(5)) return;
  if (d.target >= 0) putMemory(d, d.target, little(codeAddress(d), d.v.mode32 ? 4 : 8));
  else set(d, d.rm, codeAddress(d));
};
const ret: Special = (d) => {
  stackPointer(d);
  putMemory(d, Number(BigInt.asUintN(52, d.v.gpr[Gpr.rsp] as bigint)), little(codeAddress(d), 8));
};
const popf: Special = (d) => {
  stackPointer(d);
  // No TF, so that the filler ends it; no NT and ID, which sigreturn does not put back.
  putMemory(d, Number(d.v.gpr[Gpr.rsp]), little(d.random.u64() & ~0x24_4100n, 8));
};
const frame: Special = (d) => {
  stackPointer(d);
  set(d, Gpr.rbp, pointer(d));
};
/** No number of a system call: a few are answered whatever the filter says. */
const systemCall: Special = (d) => set(d, Gpr.rax, (d.v.gpr[Gpr.rax] as bigint) | 0x2000_0000n);
const xlat: Special = (d) => set(d, Gpr.rbx, BigInt(DATA + d.random.below(DATA_SIZE - 256)));

export const SPECIAL: Readonly<Record<string, Special>> = {
  ...{
    MOVSB: string,
    MOVS: string,
    CMPSB: string,
    CMPS: string,
    STOSB: string,
    STOS: string,
    LODSB: string,
    LODS: string,
    SCASB: string,
    SCAS: string,
  },
  ...{ CMPXCHG: compare, CMPXCHG8B: comparePair, CMPXCHG16B: comparePair, DIV: divide, IDIV: divide },
  ...{ BT: bitOffset, BTS: bitOffset, BTR: bitOffset, BTC: bitOffset },
  ...{ JMP: indirect, CALL: indirect, RET: ret, POPF: popf, PUSHF: stackPointer, ENTER: frame, LEAVE: frame, XLAT: xlat },
  SYSCALL: systemCall,
  ...{ PUSH: stackPointer, POP: stackPointer, PUSHA: stackPointer, POPA: stackPointer },
};
