// The machine's ACPI tables (ACPI 6.5): found as systems find them, checksums, contents; disassembled and compiled again by iasl where it is.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eisaId, name, packageOf, scope } from '../../src/boot/acpi/aml';
import { acpiTables } from '../../src/boot/acpi/tables';
import { applyBootPlan } from '../../src/boot/apply';
import { planBoot } from '../../src/boot/detect';
import { Chipset } from '../../src/devices/chipset';
import type { BoardDevice } from '../../src/devices/ports';
import { FakePower, FakeSink, FakeTime } from '../devices/fakes';
import { needs } from '../support/compiler';
import { scratchFolder } from '../support/scratch';
import { bootInput, DirtyMemory, elfImage, MIB, pvhNote } from './images';

const IASL = 'iasl';
function board(machine: 'minimal' | 'pc'): readonly BoardDevice[] {
  const time = new FakeTime();
  return new Chipset({
    clock: time,
    timers: time,
    power: new FakePower(),
    serial: new FakeSink(),
    debugConsole: new FakeSink(),
    onUnclaimed: () => {},
    cpus: [],
    memoryBytes: 64 * MIB,
    rtcBaseUnixSeconds: 0,
    physicalAddressBits: 40,
    machine,
  }).board;
}
const acpi = acpiTables({ cpus: 3, board: board('pc') });

const image = elfImage({
  is64: true,
  entry: 0x100000,
  segments: [{ vaddr: 0x100000, bytes: new Uint8Array(64) }, pvhNote(0x100000, true)],
});
const plan = planBoot(bootInput(image, { acpi }));
const memory = new DirtyMemory(64 * MIB);
applyBootPlan(plan, memory);

const sum = (gpa: number, length: number): number => memory.read(gpa, length)!.reduce((total, byte) => (total + byte) & 0xff, 0);
const signature = (gpa: number): string => String.fromCharCode(...memory.read(gpa, 4)!);
function tables(): Map<string, number> {
  const rsdt = memory.u32(0xf0000 + 16);
  const found = new Map<string, number>();
  for (let at = rsdt + 36; at < rsdt + memory.u32(rsdt + 4); at += 4) found.set(signature(memory.u32(at)), memory.u32(at));
  return found;
}

describe('ACPI tables', () => {
  it('5.2.5 the root pointer is on a 16-byte boundary in the BIOS area, and in hvm_start_info', () => {
    assert.equal(memory.text(0xf0000).slice(0, 8), 'RSD PTR ');
    assert.equal(sum(0xf0000, 20), 0);
    assert.equal(sum(0xf0000, 36), 0);
    assert.equal(memory.u64(plan.entry.ebx + 32), 0xf0000, 'rsdp_paddr');
  });

  it('5.2.7, 5.2.8 RSDT and XSDT list the same tables, each with a right checksum', () => {
    const xsdt = memory.u64(0xf0000 + 24);
    assert.equal(signature(xsdt), 'XSDT');
    const listed = Array.from({ length: (memory.u32(xsdt + 4) - 36) / 8 }, (_, i) => memory.u64(xsdt + 36 + 8 * i));
    assert.deepEqual(listed, [...tables().values()]);
    assert.deepEqual([...tables().keys()], ['FACP', 'APIC', 'HPET']);
    for (const gpa of [xsdt, memory.u32(0xf0000 + 16), ...listed]) assert.equal(sum(gpa, memory.u32(gpa + 4)), 0, signature(gpa));
  });

  it('5.2.9 FADT: the registers where the devices are; DSDT and FACS', () => {
    const fadt = tables().get('FACP')!;
    assert.equal(memory.u32(fadt + 4), 276);
    assert.deepEqual([memory.u32(fadt + 56), memory.u32(fadt + 64), memory.u32(fadt + 76)], [0x600, 0x604, 0x608]);
    assert.deepEqual([memory.u32(fadt + 48), memory.u32(fadt + 36) % 64], [0, 0], 'no SMI command; FACS on 64 bytes');
    assert.equal(signature(memory.u32(fadt + 36)), 'FACS');
    const dsdt = memory.u32(fadt + 40);
    assert.equal(signature(dsdt), 'DSDT');
    assert.equal(sum(dsdt, memory.u32(dsdt + 4)), 0);
  });

  it('5.2.12 MADT: a local APIC per vCPU, the I/O APIC, IRQ 0 on pin 2', () => {
    const madt = tables().get('APIC')!;
    const entries: string[] = [];
    for (let at = madt + 44; at < madt + memory.u32(madt + 4); at += memory.bytes[at + 1]!)
      entries.push([...memory.read(at, memory.bytes[at + 1]!)!].join(' '));
    assert.deepEqual(entries, [
      '0 8 0 0 1 0 0 0',
      '0 8 1 1 1 0 0 0',
      '0 8 2 2 1 0 0 0',
      '1 12 0 0 0 0 192 254 0 0 0 0',
      '2 10 0 0 2 0 0 0 0 0',
      '2 10 0 9 9 0 0 0 13 0',
      '4 6 255 0 0 1',
    ]);
  });

  it('the minimal machine: no HPET, no PCI, no VGA; the same fixed hardware', () => {
    const minimal = acpiTables({ cpus: 1, board: board('minimal') });
    const named = (what: string) => minimal.segments.find((segment) => segment.what === what)?.bytes;
    assert.equal(named('HPET'), undefined);
    const dsdt = Buffer.from(named('DSDT')!).toString('latin1');
    assert.ok(!dsdt.includes('PCI0') && dsdt.includes('D000') && dsdt.includes('_S5_'));
    const fadt = new DataView(named('FADT')!.buffer);
    assert.equal(fadt.getUint16(109, true), 0x0007, 'IA-PC boot architecture: legacy devices, 8042, VGA not present');
    assert.deepEqual([fadt.getUint32(56, true), fadt.getUint32(64, true)], [0x600, 0x604]);
  });

  it('20.2 AML: names, lengths, identifiers', () => {
    assert.deepEqual(eisaId('PNP0A03'), [0x0c, 0x41, 0xd0, 0x0a, 0x03]);
    assert.deepEqual(name('\\_S5', packageOf([0], [0])), [0x08, 0x5c, 0x5f, 0x53, 0x35, 0x5f, 0x12, 4, 2, 0, 0]);
    const long = scope('\\_SB', new Array(100).fill(0));
    assert.deepEqual(long.slice(0, 3), [0x10, 0x40 | ((2 + 5 + 100) & 0x0f), (2 + 5 + 100) >> 4]);
  });

  it('iasl takes the DSDT apart, and what it prints compiles again', function () {
    needs(this, IASL);
    this.timeout(300_000);
    const dsdt = memory.u32(tables().get('FACP')! + 40);
    const folder = scratchFolder();
    writeFileSync(join(folder, 'dsdt.aml'), memory.read(dsdt, memory.u32(dsdt + 4))!);
    execFileSync(IASL, ['-d', 'dsdt.aml'], { cwd: folder, stdio: 'pipe' });
    const source = readFileSync(join(folder, 'dsdt.dsl'), 'utf8');
    for (const expected of [
      /Device \(PCI0\)/,
      /EisaId \("PNP0A03"\)/,
      /EisaId \("PNP0303"\)/,
      /EisaId \("PNP0103"\)/,
      /Name \(\\?_S5, Package/,
      /0x03F8/,
    ])
      assert.match(source, expected);
    const compiled = execFileSync(IASL, ['-p', 'again', 'dsdt.dsl'], { cwd: folder, encoding: 'utf8' });
    assert.match(compiled, /0 Errors/);
  });
});
