// Takes a frame's registers to its caller's by a row of call frame information (DWARF 5, 6.4.4).
// DWARF register numbers: x86-64 psABI figure 3.36 (7 is rsp, 16 the return address), i386 psABI table 2.14 (4 is esp, 8 the return address).

import type { CfaRule, RegisterRule, UnwindRow } from './dwarf/unwind-row';
import { type ExpressionUnit, evaluateValue } from './evaluate';
import { type LocationPort, unsignedOf } from './location';

export type { CfaRule, RegisterRule, UnwindRow } from './dwarf/unwind-row';

export const DWARF_REGISTERS_X86_64: readonly string[] = [
  ...['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip'],
  ...Array.from({ length: 16 }, (_, i) => `xmm${i}`),
];
export const DWARF_REGISTERS_I386: readonly string[] = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi', 'eip'];

export interface CallerFrame {
  readonly cfa: bigint;
  /** undefined: the outermost frame, or memory that cannot be read. */
  readonly returnAddress: bigint | undefined;
  /** The caller's registers; undefined for one whose value is lost. Registers not asked about are read through `register`. */
  register(register: number): Promise<bigint | undefined>;
}

/**
 * Registers a function may destroy (x86-64 psABI 3.2.1, i386 psABI 2.2): without a rule their value in the caller is lost, unless the
 * frame was made by an interrupt.
 */
const CALL_CLOBBERED: Readonly<Record<4 | 8, ReadonlySet<number>>> = {
  8: new Set([0, 1, 2, 4, 5, 8, 9, 10, 11, ...Array.from({ length: 16 }, (_, i) => 17 + i)]),
  4: new Set([0, 1, 2]),
};

/** Call frame information stands in no unit: its expressions know registers, memory and constants only. */
function frameUnit(addressSize: number): ExpressionUnit {
  return {
    version: 5,
    dwarf64: false,
    addressSize,
    relocate: (address) => address,
    indexedAddress: () => {
      throw new RangeError('an address index in call frame information');
    },
    baseType: () => undefined,
    dieExpression: () => undefined,
    dieIdentity: (offset) => offset,
  };
}

export async function cfaOf(rule: CfaRule, port: LocationPort, addressSize: number): Promise<bigint | undefined> {
  if (rule.kind === 'expression') return evaluateValue(rule.expression, frameUnit(addressSize), port);
  const base = await port.register(rule.register);
  return base === undefined ? undefined : BigInt.asUintN(addressSize * 8, base + rule.offset);
}

/** `port` is the callee's frame. undefined when its CFA cannot be computed. */
export async function unwindFrame(row: UnwindRow, port: LocationPort, addressSize: 4 | 8): Promise<CallerFrame | undefined> {
  const cfa = await cfaOf(row.cfa, port, addressSize);
  if (cfa === undefined) return undefined;
  const stackPointer = addressSize === 8 ? 7 : 4;
  const known = new Map<number, Promise<bigint | undefined>>();
  const register = (number: number): Promise<bigint | undefined> => {
    let value = known.get(number);
    if (!value) {
      const rule = row.registers.get(number);
      if (rule) value = recover(rule, number, cfa, port, addressSize);
      else if (number === stackPointer) value = Promise.resolve(cfa);
      else if (!row.signalFrame && CALL_CLOBBERED[addressSize].has(number)) value = Promise.resolve(undefined);
      else value = Promise.resolve(port.register(number));
      known.set(number, value);
    }
    return value;
  };
  const hasReturn = row.registers.has(row.returnAddressRegister);
  return { cfa, returnAddress: hasReturn ? await register(row.returnAddressRegister) : undefined, register };
}

async function recover(
  rule: RegisterRule,
  register: number,
  cfa: bigint,
  port: LocationPort,
  addressSize: 4 | 8,
): Promise<bigint | undefined> {
  const at = (address: bigint): Promise<bigint | undefined> => load(port, BigInt.asUintN(addressSize * 8, address), addressSize);
  switch (rule.kind) {
    case 'undefined':
      return undefined;
    case 'same':
      return port.register(register);
    case 'offset':
      return at(cfa + rule.offset);
    case 'valOffset':
      return BigInt.asUintN(addressSize * 8, cfa + rule.offset);
    case 'register':
      return port.register(rule.register);
    case 'expression': {
      const address = await evaluateValue(rule.expression, frameUnit(addressSize), port, [cfa]);
      return address === undefined ? undefined : at(address);
    }
    case 'valExpression':
      return evaluateValue(rule.expression, frameUnit(addressSize), port, [cfa]);
  }
}

async function load(port: LocationPort, address: bigint, size: number): Promise<bigint | undefined> {
  const bytes = await port.memory(address, size);
  return bytes && bytes.length === size ? unsignedOf(bytes) : undefined;
}
