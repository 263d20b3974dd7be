// Linux's ORC unwind tables (arch/x86/include/asm/orc_types.h, Documentation/arch/x86/orc-unwinder.rst): .orc_unwind_ip has the addresses, relative to their own
// places and sorted, .orc_unwind what holds from each on. They know interrupt frames and stack switches, which debug information of C code does not.

import type { ElfFile } from '../formats/elf';
import { ET_REL, SHT_NOBITS } from '../formats/elf-constants';
import { relocated } from './dwarf/relocate';
import type { CfaRule, RegisterRule, UnwindRow } from './dwarf/unwind-row';

/** What stands at the frame's base: a call, all registers of struct pt_regs, the five that IRET pops, or nothing more. */
export type OrcKind = 'call' | 'registers' | 'iret' | 'end';

export interface OrcRow extends UnwindRow {
  readonly orc: OrcKind;
}

const ENTRY_BYTES = 6;
/** DWARF numbers of ORC's registers, by its own. */
const REGISTER = { 2: 1, 3: 5, 4: 6, 5: 7, 6: 10, 7: 13 } as const;
const PREVIOUS_SP = 1;
const BP = 4;
const BP_INDIRECT = 8;
const SP_INDIRECT = 9;
const RIP = 16;
const RSP = 7;
const RBP = 6;
/** DWARF number → offset in struct pt_regs; 49 is rflags, 51 cs, 52 ss. */
const PT_REGS: readonly (readonly [number, number])[] = [
  ...([15, 14, 13, 12].map((register, i) => [register, 8 * i]) as [number, number][]),
  [RBP, 0x20],
  [3, 0x28],
  ...([11, 10, 9, 8].map((register, i) => [register, 0x30 + 8 * i]) as [number, number][]),
  [0, 0x50],
  [2, 0x58],
  [1, 0x60],
  [4, 0x68],
  [5, 0x70],
  [RIP, 0x80],
  [51, 0x88],
  [49, 0x90],
  [RSP, 0x98],
  [52, 0xa0],
];
const IRET: readonly (readonly [number, number])[] = [
  [RIP, 0],
  [51, 8],
  [49, 0x10],
  [RSP, 0x18],
  [52, 0x20],
];
const DW_OP = { deref: 0x06, consts: 0x11, plus: 0x22, breg0: 0x70 } as const;

/** Up to 6.2 the type has two bits and an end flag; from 6.4 on three bits. 6.3 is told by its layout too. */
export type OrcFormat = 'end-flag' | 'signal-and-end' | 'type-3-bits';
const OLD_KINDS: readonly OrcKind[] = ['call', 'registers', 'iret', 'call'];
const NEW_KINDS: readonly (OrcKind | undefined)[] = [undefined, 'end', 'call', 'registers', 'iret'];

export class OrcTable {
  private constructor(
    private readonly places: DataView,
    private readonly entries: DataView,
    private readonly base: bigint,
    private readonly format: OrcFormat,
  ) {}

  /** `format`: as the kernel's struct orc_entry says. */
  static of(elf: ElfFile, format: OrcFormat): OrcTable | undefined {
    const places = elf.section('.orc_unwind_ip');
    const entries = elf.section('.orc_unwind');
    if (!places || !entries || places.type === SHT_NOBITS || entries.type === SHT_NOBITS || places.size === 0) return undefined;
    const placeBytes = elf.header.type === ET_REL ? relocated(elf, places, elf.sectionBytes(places)) : elf.sectionBytes(places);
    return new OrcTable(viewOf(placeBytes), viewOf(elf.sectionBytes(entries)), places.address, format);
  }

  /** What holds at an address of the file. */
  at(address: bigint): OrcRow | undefined {
    let low = 0;
    let high = Math.min(this.places.byteLength / 4, Math.floor(this.entries.byteLength / ENTRY_BYTES));
    const count = high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.place(middle) <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    return this.row(low - 1, low < count ? this.place(low) : this.place(low - 1) + 1n);
  }

  private place(index: number): bigint {
    return BigInt.asUintN(64, this.base + BigInt(index * 4) + BigInt(this.places.getInt32(index * 4, true)));
  }

  private row(index: number, end: bigint): OrcRow | undefined {
    const at = index * ENTRY_BYTES;
    const spOffset = this.entries.getInt16(at, true);
    const bpOffset = this.entries.getInt16(at + 2, true);
    const registers = this.entries.getUint8(at + 4);
    const flags = this.entries.getUint8(at + 5);
    const kind = this.kind(flags);
    const cfa = cfaRule(registers & 15, spOffset);
    const range = { start: this.place(index), end };
    if (kind === 'end')
      return { orc: 'end', cfa: { kind: 'register', register: RSP, offset: 0n }, registers: new Map(), ...COMMON, ...range };
    if (!kind || !cfa) return undefined;
    if (kind !== 'call') {
      const saved = kind === 'registers' ? PT_REGS : IRET;
      const rules = new Map(
        saved.map(([register, offset]): [number, RegisterRule] => [register, { kind: 'offset', offset: BigInt(offset) }]),
      );
      return { orc: kind, cfa, registers: rules, ...COMMON, signalFrame: true, ...range };
    }
    const rules = new Map<number, RegisterRule>([[RIP, { kind: 'offset', offset: -8n }]]);
    const bp = registers >> 4;
    if (bp === PREVIOUS_SP) rules.set(RBP, { kind: 'offset', offset: BigInt(bpOffset) });
    else if (bp === BP) rules.set(RBP, { kind: 'expression', expression: loadFrom(RBP, bpOffset) });
    // What the caller had in the others is not known.
    for (const register of [3, 12, 13, 14, 15]) rules.set(register, { kind: 'undefined' });
    return { orc: 'call', cfa, registers: rules, ...COMMON, ...range };
  }

  private kind(flags: number): OrcKind | undefined {
    switch (this.format) {
      case 'end-flag':
        return (flags & 4) !== 0 ? 'end' : OLD_KINDS[flags & 3];
      case 'signal-and-end':
        return (flags & 8) !== 0 ? 'end' : OLD_KINDS[flags & 3];
      default:
        return NEW_KINDS[flags & 7];
    }
  }
}

const COMMON = { returnAddressRegister: RIP, signalFrame: false } as const;

/** undefined: the stack pointer before is not known here. */
function cfaRule(register: number, offset: number): CfaRule | undefined {
  if (register === SP_INDIRECT) return { kind: 'expression', expression: Uint8Array.of(...breg(RSP, 0), DW_OP.deref, ...plus(offset)) };
  if (register === BP_INDIRECT) return { kind: 'expression', expression: Uint8Array.of(...breg(RBP, offset), DW_OP.deref) };
  const number = REGISTER[register as keyof typeof REGISTER];
  return number === undefined ? undefined : { kind: 'register', register: number, offset: BigInt(offset) };
}

/** The address of what is saved, on an expression's stack that begins with the CFA. */
function loadFrom(register: number, offset: number): Uint8Array {
  return Uint8Array.of(...breg(register, offset));
}

const breg = (register: number, offset: number): number[] => [DW_OP.breg0 + register, ...sleb(offset)];
const plus = (offset: number): number[] => [DW_OP.consts, ...sleb(offset), DW_OP.plus];

function sleb(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const byte = value & 0x7f;
    value >>= 7;
    if ((value === 0 && (byte & 0x40) === 0) || (value === -1 && (byte & 0x40) !== 0)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
