// Sensitive instructions that do not fault, and privileged ones, counted one by one: each is made so many times at places of its own, and the report has as many; and what each model does with them.
import assert from 'node:assert/strict';
import type { Tier } from '../../../src/engine/cpu-engine';
import { outcomeByTraps, outcomeUnder, replacement } from '../../../src/machine/compare/outcomes';
import { ControlCore } from '../../../src/machine/control/control-core';
import { defaultParts } from '../../../src/machine/control/default-parts';
import { costTableOf } from '../../../src/machine/costs/tables';
import { SENSITIVITY_ROWS } from '../../../src/x86/insn/sensitivity.rows';
import { type Bytes, le } from '../../isolation/assemble';
import { fuzzImage, Place } from '../../isolation/guest';
import { hostConfig } from '../fake-host';

/** Of memory. */
const at = (...opcode: number[]): Bytes => [...opcode, 0x25, ...le(Place.scratch, 4)];
/** By the name of the row: one that faults is counted as well, and the guest goes on behind it. */
const MADE: Readonly<Record<string, Bytes>> = {
  SGDT: at(0x0f, 0x01, 0x04),
  SIDT: at(0x0f, 0x01, 0x0c),
  SLDT: [0x0f, 0x00, 0xc0],
  STR: [0x0f, 0x00, 0xc8],
  SMSW: [0x0f, 0x01, 0xe0],
  PUSHF: [0x9c, 0x58],
  POPF: [0x6a, 0x02, 0x9d],
  CPUID: [0x0f, 0xa2],
  RDTSC: [0x0f, 0x31],
  RDTSCP: [0x0f, 0x01, 0xf9],
  LAR: [0x0f, 0x02, 0xc0],
  LSL: [0x0f, 0x03, 0xc0],
  VERR: [0x0f, 0x00, 0xe0],
  VERW: [0x0f, 0x00, 0xe8],
  'MOV from a segment register': [0x8c, 0xd8],
  'PUSH of a segment register': [0x0f, 0xa0, 0x58],
  'MOV to a segment register': [0x31, 0xc0, 0x8e, 0xe0],
  'POP to a segment register': [0x6a, 0x00, 0x0f, 0xa1],
  'load of a far pointer': at(0x0f, 0xb4, 0x04),
  'far JMP': at(0xff, 0x2c),
  'far CALL': at(0xff, 0x1c),
  'far RET': [0x6a, 0x00, 0x6a, 0x00, 0x48, 0xcb],
  IRET: [0x6a, 0x00, 0x6a, 0x00, 0x48, 0xcf],
  CLTS: [0x0f, 0x06],
  'MOV from CR#': [0x0f, 0x20, 0xc0],
  'MOV from DR#': [0x0f, 0x21, 0xc0],
  INVLPG: at(0x0f, 0x01, 0x3c),
  WBINVD: [0x0f, 0x09],
  RDMSR: [0xb9, ...le(0x1b, 4), 0x0f, 0x32],
  SWAPGS: [0x0f, 0x01, 0xf8],
  OUT: [0xe6, 0x80],
  IN: [0xe4, 0x80],
};
const names = Object.keys(MADE);
/** Of each another number. */
const times = (name: string): number => 2 + (names.indexOf(name) % 7);

function counted(tier: Tier, operations: Bytes[]) {
  const image = { path: 'sensitive.elf', bytes: fuzzImage(operations, 0) };
  const core = new ControlCore(hostConfig({ image, hypervisor: 'none', model: 'trap' }, { tier }), defaultParts());
  core.setStopOn({ tripleFault: false, haltedForever: false });
  core.measure({ sites: true });
  core.resume();
  while (core.running) core.advance(1_000_000, Number.POSITIVE_INFINITY);
  assert.equal(core.host.exit?.reason, 'debug-exit');
  const { sites } = core.measured();
  const of = (name: string) => sites.filter(({ row }) => SENSITIVITY_ROWS[row]!.name === name);
  return { sites, places: (name: string) => of(name).length, count: (name: string) => of(name).reduce((sum, { count }) => sum + count, 0) };
}

describe('sensitive instructions one by one', () => {
  const operations = names.flatMap((name) => Array.from({ length: times(name) }, () => MADE[name]!));

  it('are counted where they are, faulting or not', () => {
    const [before, seen] = [counted('interpreter', []), counted('interpreter', operations)];
    for (const name of names) {
      assert.equal(seen.places(name) - before.places(name), times(name), `places of ${name}`);
      // The guest's handler of faults returns by no IRET, and makes none of these.
      assert.equal(seen.count(name) - before.count(name), times(name), name);
    }
    assert.deepEqual(counted('jit', operations).sites, seen.sites);
  });

  it('have their fate under each model', () => {
    const fates = (name: string): string[] => {
      const row = SENSITIVITY_ROWS.find((each) => each.name === name) ?? assert.fail(name);
      return [
        ...(['hw', 'trap', 'pv'] as const).map((model) => outcomeUnder(row, costTableOf(model))),
        outcomeByTraps(row),
        replacement(row),
      ];
    };
    const native = 'runs natively';
    const inPlace = 'translated: works on the virtual state in place';
    const exits = 'exits (sensitive, 300 ns)';
    const mask = 'Xen PV: the event channel upcall mask in shared memory (vcpu_info)';
    const same = 'stays as it is';
    assert.deepEqual(fates('SGDT'), [native, exits, exits, "silently wrong: shows the host's table", same]);
    assert.deepEqual(fates('SIDT'), fates('SGDT'));
    assert.deepEqual(fates('SMSW'), [native, exits, exits, "silently wrong: shows the host's CR0", same]);
    assert.deepEqual(fates('PUSHF'), [native, inPlace, native, "silently wrong: pushes the real IF, not the guest's", mask]);
    const popf = 'silently wrong: leaves IF and IOPL as they are, without a fault';
    assert.deepEqual(fates('POPF'), [native, 'exits (popf-if, 250 ns)', native, popf, mask]);
    const lar = 'silently wrong: checks the selector against the real CPL, which is not the one that the kernel believes in';
    assert.deepEqual(fates('LAR'), [native, inPlace, native, lar, same]);
    assert.deepEqual(fates('CLI').slice(1), ['exits (cli-sti, 200 ns)', native, 'traps (CPL is above IOPL), and is emulated', mask]);
    assert.equal(fates('LGDT')[3], 'traps, and is emulated');
    const bt = SENSITIVITY_ROWS.find(({ name }) => name === 'CLI')!;
    assert.equal(outcomeUnder(bt, costTableOf('trap', 'bt-2006')), 'exits (cli-sti, 9 ns)');
  });
});
