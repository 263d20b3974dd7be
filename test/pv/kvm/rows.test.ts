// The rows against the kernel's header, and against the handlers that stand behind them.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { argumentText, describeHypercall, resultText } from '../../../src/pv/describe.rows';
import { KVM_CALL_HANDLERS } from '../../../src/pv/kvm/calls';
import { KVM_MSR_HANDLERS } from '../../../src/pv/kvm/msrs';
import { KVM_ROWS } from '../../../src/pv/kvm/rows';
import { hypercallsNamed, PV_INTERFACES, pvMsrRow } from '../../../src/pv/rows';

const HEADERS = ['/usr/include/x86_64-linux-gnu/asm/kvm_para.h', '/usr/include/asm/kvm_para.h', '/usr/include/linux/kvm_para.h'];

/** #define NAME NUMBER of every header that is here. */
function defines(): Map<string, number> {
  const found = new Map<string, number>();
  for (const path of HEADERS) {
    if (!existsSync(path)) continue;
    for (const [, name, value] of readFileSync(path, 'utf8').matchAll(/^#define\s+(\w+)\s+(0x[0-9a-fA-F]+|\d+)\s*$/gm))
      found.set(name!, Number(value));
  }
  return found;
}

describe('KVM rows', () => {
  it('hold every feature, MSR and hypercall of the kernel header', function () {
    const names = defines();
    if (names.size === 0) {
      console.log('      skipped: no <asm/kvm_para.h> here (linux-libc-dev)');
      this.skip();
    }
    const bySymbol = new Map<string, number>([
      ...KVM_ROWS.features.map((row) => [row.symbol, row.bit] as const),
      ...KVM_ROWS.msrs.map((row) => [row.name, row.index] as const),
      ...KVM_ROWS.hypercalls.map((row) => [row.symbol, row.nr] as const),
    ]);
    let checked = 0;
    for (const [name, value] of names) {
      if (!/^(KVM_FEATURE_|KVM_HINTS_|MSR_KVM_|KVM_HC_)/.test(name)) continue;
      assert.equal(bySymbol.get(name), value, name);
      checked++;
    }
    assert.ok(checked >= 35, `only ${checked} names found in the header`);
    for (const row of KVM_ROWS.errors)
      assert.ok(row.name === 'KVM_EPERM' || names.has(row.name) || /EFAULT|EINVAL|E2BIG/.test(row.name), row.name);
  });

  it('say "works" exactly where a handler is', () => {
    for (const row of KVM_ROWS.hypercalls) assert.equal(row.name in KVM_CALL_HANDLERS, row.state === 'works', row.name);
    for (const row of KVM_ROWS.msrs) assert.equal(row.name in KVM_MSR_HANDLERS, row.state === 'works', row.name);
  });

  it('name a feature that exists, and work only with it', () => {
    for (const row of [...KVM_ROWS.hypercalls, ...KVM_ROWS.msrs]) {
      if (row.feature === undefined) continue;
      const feature = KVM_ROWS.features.find((each) => each.name === row.feature);
      assert.equal(feature?.state, row.state, `${row.name} and ${row.feature}`);
    }
  });

  it('have numbers and names of their own', () => {
    for (const rows of PV_INTERFACES) {
      for (const list of [rows.hypercalls.map((row) => row.nr), rows.msrs.map((row) => row.index), rows.hypercalls.map((row) => row.name)])
        assert.equal(new Set<unknown>(list).size, list.length, rows.name);
    }
  });
});

describe('describing a hypercall', () => {
  it('names the call and its arguments', () => {
    assert.deepEqual(describeHypercall('kvm', 10, [0b101n, 0n, 2n, 0xfdn]), {
      interface: 'kvm',
      nr: 10,
      name: 'SEND_IPI',
      args: [
        { name: 'low', value: 5n, text: '+0, +2' },
        { name: 'high', value: 0n, text: 'none' },
        { name: 'min', value: 2n, text: '2' },
        { name: 'icr', value: 0xfdn, text: 'vector 0xfd, fixed' },
      ],
    });
    assert.equal(describeHypercall('kvm', 99, [1n]).name, 'unknown 99');
    assert.equal(argumentText({ name: 'icr', type: 'icr' }, 0x400n), 'NMI');
    assert.equal(describeHypercall('kvm', 9, [0x1000n, 0n]).args[1]?.text, 'KVM_CLOCK_PAIRING_WALLCLOCK');
    assert.match(resultText('kvm', -1000n), /KVM_ENOSYS/);
    assert.equal(resultText('kvm', 3n), '3');
  });

  it('finds a call by the names people use', () => {
    for (const name of ['KICK_CPU', 'kick_cpu', 'KVM_HC_KICK_CPU', 'kvm:KICK_CPU'])
      assert.deepEqual(
        hypercallsNamed(name).map((found) => [found.interface, found.row.nr]),
        [['kvm', 5]],
        name,
      );
    assert.deepEqual(hypercallsNamed('xen:KICK_CPU'), []);
    assert.equal(pvMsrRow(0x4b56_4d03)?.row.name, 'MSR_KVM_STEAL_TIME');
  });
});
