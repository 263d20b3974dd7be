// A guest that does one operation after the other, whatever becomes of each: every exception and interrupt goes on with the operation behind the one at hand.
// Long mode, the first GiB and the one of the devices mapped as they are; what operations refer to lies in the scratch area.
import { LOAD_GPA, pvhImage } from '../../src/cli/self-check/pvh-image';
import { type Bytes, le } from './assemble';

/** Guest-physical addresses, which are linear addresses as well; all above are fair game for operations. */
export const Place = {
  pml4: LOAD_GPA + 0x1000,
  pdpt: LOAD_GPA + 0x2000,
  pdLow: LOAD_GPA + 0x3000,
  pdDevices: LOAD_GPA + 0x4000,
  idt: LOAD_GPA + 0x5000,
  gdt: LOAD_GPA + 0x6000,
  next: LOAD_GPA + 0x6800,
  stack: LOAD_GPA + 0x8000,
  scratch: LOAD_GPA + 0x8000,
  scratchSize: 0x10000,
  operations: LOAD_GPA + 0x18000,
} as const;
const GIB_OF_DEVICES = 3;
const APIC_EOI = 0xfee0_00b0;
const CODE64 = 0x08;
const DATA = 0x10;
const EXCEPTIONS = 32;

/** From the PVH entry to long mode and the first operation. */
const BOOT: Bytes = [
  0xfa,
  ...[0xb8, ...le(Place.pml4, 4), 0x0f, 0x22, 0xd8], // cr3
  ...[0x0f, 0x20, 0xe0, 0x0d, ...le(0x620, 4), 0x0f, 0x22, 0xe0], // cr4: PAE, OSFXSR, OSXMMEXCPT
  ...[0xb9, ...le(0xc000_0080, 4), 0x0f, 0x32, 0x0d, ...le(0x901, 4), 0x0f, 0x30], // EFER: SCE, LME, NXE
  ...[0x0f, 0x20, 0xc0, 0x0d, ...le(0x8000_0001, 4), 0x0f, 0x22, 0xc0], // cr0: PE, PG
  ...[0x0f, 0x01, 0x15, ...le(Place.gdt + 0x100, 4)], // lgdt
  ...[0xea, ...le(LOAD_GPA + 0x200, 4), ...le(CODE64, 2)],
];
const START: Bytes = [
  ...[0xb8, ...le(DATA, 4), 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0],
  ...[0x48, 0xc7, 0xc4, ...le(Place.stack, 4)], // mov rsp
  ...[0x0f, 0x01, 0x1c, 0x25, ...le(Place.gdt + 0x110, 4)], // lidt
  ...[0x48, 0xc7, 0xc0, ...le(Place.operations, 4), 0xff, 0xe0], // jmp
];
const GO_ON: Bytes = [0xfa, 0xfc, 0x48, 0xc7, 0xc4, ...le(Place.stack, 4), 0xff, 0x24, 0x25, ...le(Place.next, 4)];
const END_INTERRUPT: Bytes = [0xbf, ...le(APIC_EOI, 4), 0xc7, 0x07, 0, 0, 0, 0];
const EXCEPTION_AT = LOAD_GPA + 0x300;
const INTERRUPT_AT = LOAD_GPA + 0x380;

function gate(view: DataView, at: number, handler: number): void {
  view.setUint16(at, handler & 0xffff, true);
  view.setUint16(at + 2, CODE64, true);
  view.setUint16(at + 4, 0x8e00, true);
  view.setUint16(at + 6, handler >>> 16, true);
}

/** The operations, and at the end a write to the port by which a guest ends itself with `value`. */
export function fuzzImage(operations: readonly Bytes[], value: number): Uint8Array {
  const code: number[] = [];
  for (const operation of [...operations, [0xb0, value, 0xe6, 0xf4]]) {
    const head = [0x48, 0xc7, 0x04, 0x25, ...le(Place.next, 4)];
    const nextAt = Place.operations + code.length + head.length + 4 + operation.length;
    code.push(...head, ...le(nextAt, 4), ...operation);
  }
  code.push(0xf4, 0xeb, 0xfd);
  const bytes = new Uint8Array(Place.operations - LOAD_GPA + code.length);
  const view = new DataView(bytes.buffer);
  const put = (at: number, part: Bytes): void => bytes.set(part, at - LOAD_GPA);
  put(LOAD_GPA, BOOT);
  put(LOAD_GPA + 0x200, START);
  put(EXCEPTION_AT, GO_ON);
  put(INTERRUPT_AT, [...END_INTERRUPT, ...GO_ON]);
  put(Place.operations, code);
  const entry = (table: number, index: number, value: number): void => view.setBigUint64(table - LOAD_GPA + index * 8, BigInt(value), true);
  entry(Place.pml4, 0, Place.pdpt | 7);
  entry(Place.pdpt, 0, Place.pdLow | 7);
  entry(Place.pdpt, GIB_OF_DEVICES, Place.pdDevices | 7);
  for (let i = 0; i < 512; i++) {
    entry(Place.pdLow, i, (i * 0x20_0000) | 0x87);
    entry(Place.pdDevices, i, GIB_OF_DEVICES * 2 ** 30 + i * 0x20_0000 + 0x97);
  }
  for (let vector = 0; vector < 256; vector++)
    gate(view, Place.idt - LOAD_GPA + vector * 16, vector < EXCEPTIONS ? EXCEPTION_AT : INTERRUPT_AT);
  for (const [i, descriptor] of [0n, 0x00af_9b00_0000_ffffn, 0x00cf_9300_0000_ffffn].entries())
    view.setBigUint64(Place.gdt - LOAD_GPA + i * 8, descriptor, true);
  const pointer = (at: number, limit: number, base: number): void => put(at, [...le(limit, 2), ...le(base, 8)]);
  pointer(Place.gdt + 0x100, 23, Place.gdt);
  pointer(Place.gdt + 0x110, 0xfff, Place.idt);
  return pvhImage(bytes);
}
