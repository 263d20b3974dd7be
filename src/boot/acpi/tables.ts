// The machine's ACPI tables (ACPI 6.5, 5.2), at the end of the BIOS area: RSDP, RSDT, XSDT, FADT with FACS, MADT, HPET, DSDT.
import { assert } from '../../base/assert';
import type { BoardDevice } from '../../devices/ports';
import { ACPI_AREA } from '../layout';
import type { AcpiTables, BootSegment } from '../plan';
import { StructWriter } from '../struct-writer';
import { dsdtBody } from './dsdt';

export interface AcpiMachine {
  /** vCPU n has the local APIC id n. */
  readonly cpus: number;
  readonly board: readonly BoardDevice[];
}

const OEM = { id: 'HYPSCP', table: 'HYPERSCP', revision: 1, creator: 'HYPS', creatorRevision: 1 } as const;
const HEADER_SIZE = 36;
const CHECKSUM = 9;
const FACS_SIZE = 64;
const RSDP_SIZE = 36;
const OLD_RSDP_SIZE = 20;
const LOCAL_APIC_GPA = 0xfee00000;
const IO_APIC = { id: 0, gpa: 0xfec00000 } as const;
/** FADT fixed feature flags: WBINVD works, sleep button is no fixed event, C1 everywhere, RTC is no fixed wake event, no PS/2 … */
const FADT_FLAGS = { wbinvd: 1 << 0, procC1: 1 << 2, noSleepButton: 1 << 5, noRtcWake: 1 << 6, resetRegister: 1 << 10 } as const;
/** IA-PC boot architecture flags: devices on the ISA bus, an 8042; no VGA. */
const BOOT_FLAGS = 0x0003;
const NO_VGA = 0x0004;
const SPACE_IO = 1;
const SPACE_MEMORY = 0;
const RESET = { port: 0xcf9, value: 0x06 } as const;
const ACPI_6 = { fadt: 6, minor: 5, madt: 5, hpet: 1, dsdt: 2, rsdt: 1, xsdt: 1 } as const;
const PM = { event: 0, control: 4, timer: 8 } as const;

const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const sumTo0 = (bytes: Uint8Array): number => -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;

/** 5.2.6: the header of every table, and its checksum. */
function table(signature: string, revision: number, body: Uint8Array | readonly number[]): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + body.length);
  const view = new DataView(bytes.buffer);
  bytes.set(ascii(signature));
  view.setUint32(4, bytes.length, true);
  bytes[8] = revision;
  bytes.set(ascii(OEM.id), 10);
  bytes.set(ascii(OEM.table), 16);
  view.setUint32(24, OEM.revision, true);
  bytes.set(ascii(OEM.creator), 28);
  view.setUint32(32, OEM.creatorRevision, true);
  bytes.set(body, HEADER_SIZE);
  bytes[CHECKSUM] = sumTo0(bytes);
  return bytes;
}

/** 5.2.3.2: generic address: space, width in bits, offset, access size, address. */
const genericAddress = (space: number, bits: number, address: number): number[] => [
  space,
  bits,
  0,
  bits === 8 ? 1 : bits === 16 ? 2 : 3,
  ...new StructWriter(8).u64(address).bytes,
];

function fadt(facsGpa: number, dsdtGpa: number, pmBase: number, sciIrq: number, hasVga: boolean): Uint8Array {
  const body = new Uint8Array(276 - HEADER_SIZE);
  const view = new DataView(body.buffer);
  const at = (offset: number): number => offset - HEADER_SIZE;
  view.setUint32(at(36), facsGpa, true);
  view.setUint32(at(40), dsdtGpa, true);
  view.setUint16(at(46), sciIrq, true);
  view.setUint32(at(56), pmBase + PM.event, true);
  view.setUint32(at(64), pmBase + PM.control, true);
  view.setUint32(at(76), pmBase + PM.timer, true);
  // Lengths of PM1 event, PM1 control, PM2 control, PM timer.
  body.set([4, 2, 0, 4], at(88));
  // No C2, no C3.
  view.setUint16(at(96), 0xffff, true);
  view.setUint16(at(98), 0xffff, true);
  body[at(108)] = 0x32; // century register of the CMOS
  view.setUint16(at(109), hasVga ? BOOT_FLAGS : BOOT_FLAGS | NO_VGA, true);
  view.setUint32(
    at(112),
    Object.values(FADT_FLAGS).reduce((flags, flag) => flags | flag, 0),
    true,
  );
  body.set(genericAddress(SPACE_IO, 8, RESET.port), at(116));
  body[at(128)] = RESET.value;
  body[at(131)] = ACPI_6.minor;
  view.setBigUint64(at(132), 0n, true);
  view.setBigUint64(at(140), BigInt(dsdtGpa), true);
  body.set(genericAddress(SPACE_IO, 32, pmBase + PM.event), at(148));
  body.set(genericAddress(SPACE_IO, 16, pmBase + PM.control), at(172));
  body.set(genericAddress(SPACE_IO, 32, pmBase + PM.timer), at(208));
  return table('FACP', ACPI_6.fadt, body);
}

/** 5.2.12: local APICs, the I/O APIC, IRQ 0 on its pin 2, the SCI level-triggered, NMI on LINT1. */
function madt(cpus: number, sciIrq: number): Uint8Array {
  const u32 = (value: number): number[] => [...new StructWriter(4).u32(value).bytes];
  const override = (irq: number, pin: number, flags: number): number[] => [2, 10, 0, irq, ...u32(pin), flags, 0];
  const levelHigh = 0x0d;
  return table('APIC', ACPI_6.madt, [
    ...u32(LOCAL_APIC_GPA),
    ...u32(1),
    ...Array.from({ length: cpus }, (_, id) => [0, 8, id, id, ...u32(1)]).flat(),
    ...[1, 12, IO_APIC.id, 0, ...u32(IO_APIC.gpa), ...u32(0)],
    ...override(0, 2, 0),
    ...override(sciIrq, sciIrq, levelHigh),
    ...[4, 6, 0xff, 0, 0, 1],
  ]);
}

const hpet = (gpa: number): Uint8Array =>
  table('HPET', ACPI_6.hpet, [
    ...new StructWriter(4).u32(0x8086a201).bytes,
    ...genericAddress(SPACE_MEMORY, 0, gpa).map((byte, index) => (index === 3 ? 0 : byte)),
    ...[0, 0x80, 0x00, 0],
  ]);

function rsdpBytes(rsdtGpa: number, xsdtGpa: number): Uint8Array {
  const bytes = new Uint8Array(RSDP_SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(ascii('RSD PTR '));
  bytes.set(ascii(OEM.id), 9);
  bytes[15] = 2;
  view.setUint32(16, rsdtGpa, true);
  view.setUint32(20, RSDP_SIZE, true);
  view.setBigUint64(24, BigInt(xsdtGpa), true);
  bytes[8] = sumTo0(bytes.subarray(0, OLD_RSDP_SIZE));
  bytes[32] = sumTo0(bytes);
  return bytes;
}

export function acpiTables({ cpus, board }: AcpiMachine): AcpiTables {
  const pm = board.find(({ name }) => name === 'acpi-pm');
  assert(pm?.ports[0] !== undefined, 'ACPI tables are for a board with ACPI registers');
  const pmBase = pm.ports[0].base;
  const [sciIrq = 9] = pm.irqs;
  const segments: BootSegment[] = [];
  let gpa = ACPI_AREA.start + 64;
  const place = (what: string, bytes: Uint8Array, alignment = 16): number => {
    const at = Math.ceil(gpa / alignment) * alignment;
    gpa = at + bytes.length;
    assert(gpa <= ACPI_AREA.end, 'ACPI tables fit their area');
    segments.push({ what, gpa: at, bytes, zeroTo: gpa });
    return at;
  };
  const facs = new Uint8Array(FACS_SIZE);
  facs.set(ascii('FACS'));
  facs.set(new StructWriter(4).u32(FACS_SIZE).bytes, 4);
  facs[32] = 2;
  const facsGpa = place('FACS', facs, 64);
  const dsdtGpa = place('DSDT', table('DSDT', ACPI_6.dsdt, dsdtBody(board)));
  const hpetAt = board.find(({ name }) => name === 'hpet')?.mmio[0];
  const listed = [
    place(
      'FADT',
      fadt(
        facsGpa,
        dsdtGpa,
        pmBase,
        sciIrq,
        board.some(({ name }) => name === 'vga'),
      ),
    ),
    place('MADT', madt(cpus, sciIrq)),
    ...(hpetAt === undefined ? [] : [place('HPET', hpet(hpetAt.base))]),
  ];
  const rsdt = table('RSDT', ACPI_6.rsdt, new StructWriter(4 * listed.length).u32(...listed).bytes);
  const xsdt = table('XSDT', ACPI_6.xsdt, new StructWriter(8 * listed.length).u64(...listed).bytes);
  const rsdp = rsdpBytes(place('RSDT', rsdt), place('XSDT', xsdt));
  segments.push({ what: 'RSDP', gpa: ACPI_AREA.start, bytes: rsdp, zeroTo: ACPI_AREA.start + rsdp.length });
  return { rsdpGpa: ACPI_AREA.start, rsdp, segments };
}
