// The few instructions of 64-bit code that a fuzzing guest is made of, as bytes (SDM vol 2).

export type Bytes = readonly number[];
export const Reg = { rax: 0, rcx: 1, rdx: 2, rbx: 3, rsp: 4, rbp: 5, rsi: 6, rdi: 7, r8: 8, r9: 9, r10: 10 } as const;

export const le = (value: number | bigint, length: number): number[] =>
  Array.from({ length }, (_, i) => Number((BigInt.asUintN(64, BigInt(value)) >> BigInt(8 * i)) & 0xffn));

/** mov r64, imm64 */
export const load = (reg: number, value: number | bigint): Bytes => [0x48 | (reg >> 3), 0xb8 | (reg & 7), ...le(value, 8)];
/** mov qword [address], imm64, by rax; the address is below 2 GiB. */
export const store = (address: number, value: number | bigint): Bytes => [
  ...load(Reg.rax, value),
  ...[0x48, 0x89, 0x04, 0x25],
  ...le(address, 4),
];
/** The same anywhere below 4 GiB, with 1, 2, 4 or 8 bytes. */
export const storeFar = (address: number | bigint, value: number | bigint, size: 1 | 2 | 4 | 8): Bytes => [
  ...load(Reg.rdi, address),
  ...load(Reg.rax, value),
  ...{ 1: [0x88, 0x07], 2: [0x66, 0x89, 0x07], 4: [0x89, 0x07], 8: [0x48, 0x89, 0x07] }[size],
];
export const loadFar = (address: number | bigint, size: 1 | 2 | 4 | 8): Bytes => [
  ...load(Reg.rdi, address),
  ...{ 1: [0x8a, 0x07], 2: [0x66, 0x8b, 0x07], 4: [0x8b, 0x07], 8: [0x48, 0x8b, 0x07] }[size],
];
export const out = (port: number, value: number, size: 1 | 2 | 4): Bytes => [
  ...load(Reg.rdx, port),
  ...load(Reg.rax, value),
  ...{ 1: [0xee], 2: [0x66, 0xef], 4: [0xef] }[size],
];
export const input = (port: number, size: 1 | 2 | 4): Bytes => [...load(Reg.rdx, port), ...{ 1: [0xec], 2: [0x66, 0xed], 4: [0xed] }[size]];
export const wrmsr = (index: number, value: bigint): Bytes => [
  ...load(Reg.rcx, index),
  ...load(Reg.rax, value & 0xffff_ffffn),
  ...load(Reg.rdx, value >> 32n),
  ...[0x0f, 0x30],
];
export const rdmsr = (index: number): Bytes => [...load(Reg.rcx, index), 0x0f, 0x32];
export const cpuid = (leaf: number, subleaf: number): Bytes => [...load(Reg.rax, leaf), ...load(Reg.rcx, subleaf), 0x0f, 0xa2];
export const VMCALL: Bytes = [0x0f, 0x01, 0xc1];
export const VMMCALL: Bytes = [0x0f, 0x01, 0xd9];
export const STI_HLT: Bytes = [0xfb, 0xf4];
export const STI_NOP_CLI: Bytes = [0xfb, 0x90, 0xfa];
