// Stretches of a run that are not gone through again on the way back: for every kind of stop point the answer is the one of going through all of them.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ControlCore } from '../../../src/machine/control/control-core';
import type { Program } from '../../../src/machine/control/types';
import { EXIT_REASON_ROWS } from '../../../src/trace/rows';
import { coreOf, type Recipe } from '../../proof/observe';
import { Chance } from '../../proof/random';
import { sample } from '../../support/guests';
import { bothWays, settle, type Wanted } from './both-ways';

const recipe = (tier: 'interpreter' | 'jit'): Recipe => ({
  image: sample('kvm-c', 'kvm-c.elf'),
  vm: { vcpus: 2 },
  host: { pcpus: 2, tier },
  script: 'time\nsteal\nipi\nquit\n',
});

const fieldIs = (field: string, value: number): Program => [
  { op: 'event', field },
  { op: 'const', value: BigInt(value) },
  { op: 'binary', operator: 'eq' },
];
const event = (kind: 'fault' | 'interrupt' | 'exit' | 'msr' | 'port', condition: Program): Wanted => ({
  where: { kind: 'event', class: kind },
  condition,
});
const elsewhere = (linear: bigint): Program => [
  { op: 'register', name: 'rip' },
  { op: 'const', value: linear },
  { op: 'binary', operator: 'ne' },
];

/** Behind what the guest uses of its memory. */
const UNTOUCHED = 0xc0_0000n;
const EXIT_NAMES = EXIT_REASON_ROWS.map(({ name }) => name);

const numbers = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
const PORTS = [0x20, 0x21, 0x40, 0x43, 0x61, 0x70, 0x80, 0xa1, 0xe9, 0xf4, 0x3f8, 0x3f9, 0x3fa, 0x3fd];
const MSRS = [0x10, 0x1b, 0x277, 0x6e0, 0x808, 0x80b, 0x830, 0x832, 0x838, 0xc000_0080, 0xc000_0082, 0xc000_0101, 0x4b56_4d01, 0x4b56_4d03];

describe('machine/history: stretches passed over', () => {
  const chance = new Chance();
  before(() => chance.announce());

  for (const tier of ['interpreter', 'jit'] as const) {
    let core: ControlCore;
    const stacks = new Set<bigint>();
    const code = new Set<bigint>();
    before(() => {
      core = coreOf(recipe(tier));
      core.history.record(64 << 20);
      core.resume();
      for (let i = 0; i < 200; i++) {
        core.advance(10_000 + chance.below(20_000), Number.POSITIVE_INFINITY);
        if (i % 10 !== 0) continue;
        core.history.takeSnapshot();
        for (const vcpu of [0, 1]) code.add(core.registers(0, vcpu).values.rip!);
        for (const vcpu of [0, 1]) stacks.add(BigInt.asUintN(64, core.registers(0, vcpu).values.rsp! - BigInt(8 * chance.below(12))));
      }
      core.pause();
      assert.equal(core.ended, false, 'the run is longer than what is recorded');
    });

    const places = (space: 'linear' | 'physical', access: 'write' | 'change' | 'read' | 'access') => (): Wanted[] =>
      [UNTOUCHED, ...stacks].map((address) => ({ where: { kind: 'data', space, address, length: 8, access } }));
    /** As breakpoints have them beside the linked address, and alone. */
    const physicalCode = (): Wanted[] => [
      { where: { kind: 'physical', address: Number(UNTOUCHED) } },
      ...[...code].flatMap((linear) => {
        const gpa = core.walk(0, 0, linear).result?.gpa;
        if (gpa === undefined) return [];
        const where = { kind: 'physical', address: gpa } as const;
        return [{ where }, { where, condition: elsewhere(linear) }];
      }),
    ];
    // The first of each is met nowhere.
    const kinds: [string, () => Wanted[]][] = [
      ['code by physical addresses', physicalCode],
      ['exits', () => ['task-switch', ...EXIT_NAMES].map((name) => event('exit', [{ op: 'event-name-is', name }]))],
      ['exits by their argument', () => [0x80, ...PORTS].map((port) => event('exit', fieldIs('port', port)))],
      ['interrupts', () => [0xfe, ...numbers(0x20, 0xd0)].map((vector) => event('interrupt', fieldIs('vector', vector)))],
      ['faults', () => [19, ...numbers(0, 20)].map((vector) => event('fault', fieldIs('vector', vector)))],
      ['MSRs', () => [0x277, ...MSRS].map((msr) => event('msr', fieldIs('msr', msr)))],
      ['ports', () => [0x80, ...PORTS].map((port) => event('port', fieldIs('port', port)))],
      ['hypercalls', () => [99, ...numbers(0, 14)].map((nr) => ({ where: { kind: 'hypercall', nr } }))],
      ['linear addresses', places('linear', 'write')],
      ['physical addresses', places('physical', 'change')],
      ['reads by linear addresses', places('linear', 'read')],
      ['reads and writes by physical addresses', places('physical', 'access')],
    ];
    for (const [name, all] of kinds)
      it(`${name}, ${tier}`, () => {
        bothWays(core, all(), chance);
      });
  }

  it('exits that the processor serves by itself are noted', () => {
    const core = coreOf({ ...recipe('interpreter'), vm: { vcpus: 1, hypervisor: 'none' } });
    core.resume();
    core.advance(100_000, Number.POSITIVE_INFINITY);
    core.pause();
    // cli; again: xor eax, eax; cpuid; dec esi; jnz again; jmp .
    const code = Uint8Array.of(0xfa, 0x31, 0xc0, 0x0f, 0xa2, 0xff, 0xce, 0x75, 0xf8, 0xeb, 0xfe);
    const rip = core.registers(0, 0).values.rip!;
    assert.equal(core.writeMemory(0, { kind: 'virtual', vcpu: 0 }, rip, code), code.length);
    core.setRegister(0, 0, 'rsi', 3000n);
    core.history.record(64 << 20);
    core.resume();
    for (let i = 0; i < 20; i++) {
      core.advance(1_000_000, Number.POSITIVE_INFINITY);
      core.history.takeSnapshot();
    }
    core.pause();
    assert.equal(core.registers(0, 0).values.rip, rip + 9n, 'all of them have run');
    core.setStopPoints([{ id: 1, vm: 0, ...event('exit', [{ op: 'event-name-is', name: 'cpuid' }]) }]);
    core.travel({ kind: 'last-hit', touched: false });
    settle(core);
    assert.equal(core.host.stop?.reason.kind, 'event');
    assert.equal(core.registers(0, 0).values.rsi, 1n);
  });
});
