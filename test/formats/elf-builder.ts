// Builds a small ELF file with every field known to the test: two segments, two notes, five sections, two symbols.

class Writer {
  readonly out: number[] = [];
  u8(value: number): this {
    this.out.push(value & 0xff);
    return this;
  }
  u16(value: number): this {
    return this.u8(value).u8(value >> 8);
  }
  u32(value: number): this {
    return this.u16(value).u16(value >>> 16);
  }
  u64(value: number): this {
    return this.u32(value).u32(Math.floor(value / 2 ** 32));
  }
  text(value: string): this {
    for (const char of value) this.u8(char.charCodeAt(0));
    return this;
  }
  pad(length: number): this {
    while (this.out.length < length) this.u8(0);
    return this;
  }
}

const TEXT_AT = 0x100;
const NOTE_AT = 0x140;
const SYMTAB_AT = 0x180;
const STRTAB_AT = 0x200;
const SHSTRTAB_AT = 0x220;
const SECTIONS_AT = 0x250;
const SECTION_NAMES = '\0.text\0.symtab\0.strtab\0.shstrtab\0';
const SYMBOL_NAMES = '\0_start\0constant\0';

export function buildTestElf(is64: boolean): Uint8Array {
  const w = new Writer();
  const word = (value: number): Writer => (is64 ? w.u64(value) : w.u32(value));
  w.text('\x7fELF')
    .u8(is64 ? 2 : 1)
    .u8(1)
    .u8(1)
    .pad(16);
  w.u16(2)
    .u16(is64 ? 62 : 3)
    .u32(1);
  word(0x100010);
  word(is64 ? 64 : 52);
  word(SECTIONS_AT);
  w.u32(0)
    .u16(is64 ? 64 : 52)
    .u16(is64 ? 56 : 32)
    .u16(2)
    .u16(is64 ? 64 : 40)
    .u16(5)
    .u16(4);
  const segment = (type: number, offset: number, vaddr: number, paddr: number, fileSize: number, memorySize: number): void => {
    w.u32(type);
    if (is64) w.u32(5);
    for (const value of [offset, vaddr, paddr, fileSize, memorySize]) word(value);
    if (!is64) w.u32(5);
    word(4);
  };
  segment(1, TEXT_AT, 0x100000, 0x200000, 0x40, 0x2000);
  segment(4, NOTE_AT, 0x100040, 0x200040, 44, 44);
  w.pad(TEXT_AT).text('machine code').pad(NOTE_AT);
  w.u32(4).u32(5).u32(3).text('GNU\0').u32(0xefbeadde).u8(1).u8(0).u16(0);
  w.u32(4).u32(4).u32(18).text('Xen\0').u32(0x100010);
  w.pad(SYMTAB_AT);
  const symbol = (name: number, info: number, section: number, value: number, size: number): void => {
    if (is64) w.u32(name).u8(info).u8(0).u16(section).u64(value).u64(size);
    else w.u32(name).u32(value).u32(size).u8(info).u8(0).u16(section);
  };
  symbol(0, 0, 0, 0, 0);
  symbol(1, 0x12, 1, 0x100010, 0x20);
  symbol(8, 0, 0xfff1, 0x1234, 0);
  const symbolSize = w.out.length - SYMTAB_AT;
  w.pad(STRTAB_AT).text(SYMBOL_NAMES).pad(SHSTRTAB_AT).text(SECTION_NAMES).pad(SECTIONS_AT);
  const section = (name: number, type: number, address: number, offset: number, size: number, link: number): void => {
    w.u32(name).u32(type);
    for (const value of [0, address, offset, size]) word(value);
    w.u32(link).u32(0);
    word(4);
    word(0);
  };
  section(0, 0, 0, 0, 0, 0);
  section(1, 1, 0x100000, TEXT_AT, 0x40, 0);
  section(7, 2, 0, SYMTAB_AT, symbolSize, 3);
  section(15, 3, 0, STRTAB_AT, SYMBOL_NAMES.length, 0);
  section(23, 3, 0, SHSTRTAB_AT, SECTION_NAMES.length, 0);
  return Uint8Array.from(w.out);
}
