// Control registers written by the user under PAE: the four page-directory-pointer registers are loaded as MOV CR3 loads them, or the write is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ControlCore } from '../../src/machine/control/control-core';
import { coreOf } from '../proof/observe';
import { sample } from '../support/guests';

/** Tables and pages: the first MiB where it is, 0xa00000 there or two MiB further. */
const TABLES = [
  { root: 0x80_0000, directory: 0x80_1000, page: 0xa0_0000, marker: 0x11n },
  { root: 0x80_0020, directory: 0x80_2000, page: 0xc0_0000, marker: 0x22n },
] as const;
const LINEAR = 0xa0_0000n;
/** An entry with a reserved bit, and a hole. */
const BAD_ROOT = 0x80_0040;
const HOLE = 0xf000_0000n;

function machine(): ControlCore {
  const core = coreOf({ image: sample('kvm-c', 'kvm-c.elf'), vm: { vcpus: 1, hypervisor: 'none' } });
  core.resume();
  core.advance(1, Number.POSITIVE_INFINITY);
  core.pause();
  const write = (address: number, bytes: Uint8Array): void =>
    assert.equal(core.writeMemory(0, { kind: 'physical' }, BigInt(address), bytes), bytes.length);
  const quad = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);
  for (const { root, directory, page, marker } of TABLES) {
    write(root, quad(BigInt(directory + 1)));
    write(directory, quad(0x83n));
    write(directory + 5 * 8, quad(BigInt(page + 0x83)));
    write(page, quad(marker));
  }
  write(BAD_ROOT, quad(BigInt(TABLES[0].directory + 1 + 0x20)));
  // mov eax, [0xa00000]; jmp .
  const { rip = 0n, cr4 = 0n, cr0 = 0n } = core.registers(0, 0).values;
  assert.ok(rip < 0x20_0000n, 'the code is mapped where it is');
  write(Number(rip), Uint8Array.of(0xa1, 0, 0, 0xa0, 0, 0xeb, 0xfe));
  core.setRegister(0, 0, 'cr3', BigInt(TABLES[0].root));
  core.setRegister(0, 0, 'cr4', cr4 | 0x20n);
  core.setRegister(0, 0, 'cr0', cr0 | 0x8000_0001n);
  return core;
}

/** What the guest reads there, and what the debugger does. */
function read(core: ControlCore): { guest: bigint | undefined; debugger: number | undefined } {
  const { rip = 0n } = core.registers(0, 0).values;
  core.resume({ step: { vm: 0, vcpu: 0 } });
  while (core.running) core.advance(1000, Number.POSITIVE_INFINITY);
  const { values } = core.registers(0, 0);
  assert.equal(values.rip, rip + 5n, 'it has not faulted');
  core.setRegister(0, 0, 'rip', rip);
  return { guest: values.rax, debugger: core.readMemory(0, { kind: 'virtual', vcpu: 0 }, LINEAR, 1)[0] };
}

describe('machine/set-register', () => {
  it('PAE turned on, and other tables taken, by the user: the guest and the debugger go by them', () => {
    const core = machine();
    assert.deepEqual(read(core), { guest: 0x11n, debugger: 0x11 });
    core.setRegister(0, 0, 'cr3', BigInt(TABLES[1].root));
    assert.deepEqual(read(core), { guest: 0x22n, debugger: 0x22 });
  });

  it('tables that MOV CR3 would refuse change nothing', () => {
    const core = machine();
    for (const cr3 of [BigInt(BAD_ROOT), HOLE]) {
      const { digest } = { digest: core.digest() };
      assert.throws(() => core.setRegister(0, 0, 'cr3', cr3), { id: 'register-pdptes' });
      assert.equal(core.digest(), digest);
    }
    assert.deepEqual(read(core), { guest: 0x11n, debugger: 0x11 });
  });
});
