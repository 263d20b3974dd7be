// What the Devices panel asks for, on the real machine: every device tells of itself, and looking changes nothing.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import type { DeviceRow, DevicesAnswer } from '../../src/protocol/devices';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

describe('the request of the Devices panel', () => {
  let client: TestClient;
  before(async () => {
    client = new TestClient(async (config) => new InProcessControl(config));
    const image = join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf');
    await client.start({ image, vcpus: 2, machine: 'pc', pace: 'fast', console: 'none' }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'apic_timer_after' }] });
      await client.event('breakpoint');
    });
    await client.stopped();
  });
  after(() => client.end());

  const look = (): Promise<DevicesAnswer> => client.request('hyperscope/devices', {});
  const device = (answer: DevicesAnswer, name: string): DeviceRow => {
    const found = answer.devices.find((each) => each.name === name);
    assert.ok(found, `${name} of ${answer.devices.map((each) => each.name)}`);
    return found;
  };
  const register = (row: DeviceRow, name: string) => {
    const found = row.registers.find((each) => each.name === name);
    assert.ok(found, `${name} of ${row.registers.map((each) => each.name)}`);
    return found;
  };

  it('changes nothing of the guest, whatever is looked at', async () => {
    const { control } = client.session.guest('test');
    const [digest, saved] = [await control.digest(), await control.save()];
    await look();
    assert.equal(await control.digest(), digest);
    assert.deepEqual(await control.save(), saved);
  });

  it('has a description of every device of a PC, with names that are unique in it', async () => {
    const answer = await look();
    for (const { name, registers, tables } of answer.devices) {
      const names = registers.map((each) => each.name);
      assert.equal(new Set(names).size, names.length, name);
      for (const { columns, rows } of tables) for (const { cells } of rows) assert.equal(cells.length, columns.length, name);
    }
    const told = answer.devices.filter(({ registers, tables }) => registers.length + tables.length > 0).map(({ name }) => name);
    for (const name of ['pic', 'io-apic', 'vcpu0.lapic', 'vcpu1.lapic', 'pit', 'rtc', 'uart0', 'i8042', 'acpi-pm', 'pci-config', 'hpet'])
      assert.ok(told.includes(name), name);
  });

  it('shows what the kernel has set up', async () => {
    const answer = await look();
    const lapic = device(answer, 'vcpu0.lapic');
    assert.match(register(lapic, 'IA32_APIC_BASE').meaning, /^x2?APIC$/);
    assert.equal(register(lapic, 'SVR').meaning, 'software enabled');
    assert.equal(register(lapic, 'SVR').value, '0x1ff');
    const timer = lapic.tables[0]?.rows[0]?.cells;
    assert.deepEqual(timer?.slice(0, 2), ['Timer', 0x40]);
    const uart = device(answer, 'uart0');
    assert.equal(register(uart, 'interrupt').value, false);
    assert.deepEqual(uart.ports, [{ base: 0x3f8, size: 8 }]);
    const pci = device(answer, 'pci-config').tables[0]!;
    assert.deepEqual(pci.rows[0]?.cells.slice(0, 5), [0, 0, 'pci-host-bridge', 0x8086, 0x1237]);
  });

  it('tells which device is on which pin and input', async () => {
    const answer = await look();
    const { columns, rows } = device(answer, 'io-apic').tables[0]!;
    assert.equal(rows.length, 24);
    const devices = columns.findIndex(({ name }) => name === 'devices');
    const on = (pin: number) => rows[pin]?.cells[devices];
    assert.deepEqual([on(0), on(1), on(2), on(4), on(9)], [['pic'], ['i8042'], ['pit', 'hpet'], ['uart0'], ['acpi-pm']]);
    const inputs = device(answer, 'pic').tables[0]!;
    assert.deepEqual(
      [0, 2, 8].map((irq) => inputs.rows[irq]?.cells[1]),
      [['pit', 'hpet'], ['second PIC'], ['rtc', 'hpet']],
    );
  });

  it('tells what has changed since the last stop', async () => {
    await look();
    await client.request('continue', { threadId: 1 });
    await client.stopped();
    const answer = await look();
    const changed = answer.devices.flatMap(({ name, registers }) =>
      registers.filter((each) => each.changed).map((each) => `${name} ${each.name}`),
    );
    assert.ok(changed.includes('acpi-pm PM timer'), changed.join());
    assert.ok(!changed.includes('uart0 divisor latch'), changed.join());
  });

  it('lists what happens next, the first first', async () => {
    await client.request('stepOut', { threadId: 1 });
    await client.stopped();
    const { pending, nowNs } = await look();
    const [timer] = pending.filter(({ name }) => name === 'vcpu0.lapic');
    assert.ok(timer && timer.deadlineNs > nowNs && timer.deadlineNs <= nowNs + 1_000_000);
    assert.ok(pending.every(({ deadlineNs }, i) => deadlineNs >= (pending[i - 1]?.deadlineNs ?? 0)));
    assert.ok(nowNs > 0);
    for (const { name } of pending) assert.doesNotMatch(name, /^vm0/);
  });
});
