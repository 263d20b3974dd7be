// Stretches passed over where frames or page tables are other than those of a 64-bit guest of KVM: a guest of Xen, PAE's tables of 32 bytes and their registers.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ControlCore } from '../../../src/machine/control/control-core';
import { coreOf } from '../../proof/observe';
import { Chance } from '../../proof/random';
import { sample } from '../../support/guests';
import { bothWays, type Wanted } from './both-ways';

const data = (space: 'linear' | 'physical', address: bigint): Wanted => ({
  where: { kind: 'data', space, address, length: 4, access: 'write' },
});
const UNTOUCHED = 0xe0_0000n;

describe('machine/history: stretches passed over by other tables', () => {
  const chance = new Chance();
  before(() => chance.announce());

  describe('of a guest of Xen', () => {
    let core: ControlCore;
    const stacks = new Set<bigint>();
    const code = new Set<number>();
    before(() => {
      core = coreOf({ image: sample('xen-pvh-c', 'xen-pvh-c.elf'), vm: { hypervisor: 'xen', vcpus: 1 }, host: { pcpus: 1 }, script: '' });
      core.history.record(32 << 20);
      core.resume();
      for (let i = 0; i < 40; i++) {
        core.advance(50_000 + chance.below(100_000), Number.POSITIVE_INFINITY);
        const { rsp, rip } = core.registers(0, 0).values;
        if (i % 2 === 0) core.history.takeSnapshot();
        stacks.add(BigInt.asUintN(64, rsp! - BigInt(8 * chance.below(12))));
        const gpa = core.walk(0, 0, rip!).result?.gpa;
        if (gpa !== undefined) code.add(gpa);
      }
      core.pause();
      assert.equal(core.ended, false, 'the run is longer than what is recorded');
    });
    for (const space of ['linear', 'physical'] as const)
      it(`${space} addresses`, () => {
        const places = [...stacks].flatMap((linear) => {
          const gpa = core.walk(0, 0, linear).result?.gpa;
          return gpa === undefined ? [] : [space === 'linear' ? linear : BigInt(gpa)];
        });
        bothWays(
          core,
          [UNTOUCHED, ...places].map((address) => data(space, address)),
          chance,
        );
      });
    it('code by physical addresses', () => {
      const places = [Number(UNTOUCHED), ...code];
      bothWays(
        core,
        places.map((address) => ({ where: { kind: 'physical', address } })),
        chance,
      );
    });
  });

  describe('of PAE', () => {
    let core: ControlCore;
    /** Behind what turns paging on. */
    let loop = 0n;
    /** Two sets of tables in one page: the first MiB and the tables where they are, 0xa00000 there or two MiB further. */
    const TABLES = [
      [0x80_0000, 0x80_1000, 0xa0_0000],
      [0x80_0020, 0x80_2000, 0xc0_0000],
    ] as const;
    before(() => {
      core = coreOf({ image: sample('kvm-c', 'kvm-c.elf'), vm: { vcpus: 1, hypervisor: 'none' } });
      core.resume();
      core.advance(1, Number.POSITIVE_INFINITY);
      core.pause();
      const { rip = 0n } = core.registers(0, 0).values;
      assert.ok(rip < 0x20_0000n, 'the entry is below 2 MiB');
      const write = (address: number, bytes: Uint8Array): void =>
        assert.equal(core.writeMemory(0, { kind: 'physical' }, BigInt(address), bytes), bytes.length);
      const entry = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
      for (const [root, directory, page] of TABLES) {
        write(root, entry(directory + 1));
        for (const [index, to] of [
          [0, 0],
          [4, 0x80_0000],
          [5, page],
        ] as const)
          write(directory + index * 8, entry(to + 0x83));
      }
      const program = [
        [0xb8, 0x00, 0x00, 0x80, 0x00], //               mov eax, 0x800000
        [0x0f, 0x22, 0xd8], //                           mov cr3, eax
        [0x0f, 0x20, 0xe0], //                           mov eax, cr4
        [0x83, 0xc8, 0x20], //                           or eax, 0x20: PAE
        [0x0f, 0x22, 0xe0], //                           mov cr4, eax
        [0x0f, 0x20, 0xc0], //                           mov eax, cr0
        [0x0d, 0x00, 0x00, 0x00, 0x80], //               or eax, 0x80000000: PG
        [0x0f, 0x22, 0xc0], //                           mov cr0, eax
        [0xfa], //                                       cli
        [0x4e], //                                again: dec esi
        [0xf7, 0xc6, 0xff, 0x7f, 0x00, 0x00], //         test esi, 0x7fff
        [0x75, 0x0f], //                                 jnz skip
        [0x0f, 0x20, 0xd8], //                           mov eax, cr3
        [0x83, 0xf0, 0x20], //                           xor eax, 0x20
        [0x0f, 0x22, 0xd8], //                           mov cr3, eax
        [0x89, 0x35, 0x10, 0x00, 0xa0, 0x00], //         mov [0xa00010], esi
        [0x85, 0xf6], //                           skip: test esi, esi
        [0x75, 0xe4], //                                 jnz again
        [0xeb, 0xfe], //                                 jmp .
      ];
      write(Number(rip), Uint8Array.from(program.flat()));
      core.setRegister(0, 0, 'rsi', 0x4_0000n);
      core.resume();
      core.advance(10_000, Number.POSITIVE_INFINITY);
      loop = rip + 29n;
      core.history.record(32 << 20);
      for (let i = 0; i < 24; i++) {
        core.advance(30_000 + chance.below(15_000), Number.POSITIVE_INFINITY);
        core.history.takeSnapshot();
      }
      core.pause();
      const { values } = core.registers(0, 0);
      assert.equal(values.cr4! & 0x20n, 0x20n);
      assert.ok(
        values.rsi! < 0x3_0000n && values.rip! >= loop && values.rip! < loop + 30n,
        `it runs by its tables: rsi ${values.rsi}, rip ${values.rip}`,
      );
    });
    it('linear addresses', () =>
      bothWays(
        core,
        [0xa0_1000n, 0xa0_0010n].map((address) => data('linear', address)),
        chance,
      ));
    it('physical addresses', () =>
      bothWays(
        core,
        [0xc0_1000n, 0xa0_0010n, 0xc0_0010n].map((address) => data('physical', address)),
        chance,
      ));
    it('code by physical addresses', () => {
      const places = [Number(loop) + 0x40, Number(loop) + 18];
      bothWays(
        core,
        places.map((address) => ({ where: { kind: 'physical', address } })),
        chance,
      );
    });
  });
});
