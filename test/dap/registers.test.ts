// Registers of every sort as a client shows and sets them on the real machine: flags, control bits, hidden parts, local APIC; what the hypervisor shares.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import type { RegistersAnswer } from '../../src/protocol/requests';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

describe('registers and what is around them', () => {
  let client: TestClient;
  let frame: DebugProtocol.StackFrame;
  let groups: Record<string, DebugProtocol.Variable>;
  before(async () => {
    client = new TestClient(async (config) => new InProcessControl(config));
    await client.start({ image: join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf'), vcpus: 2, pace: 'fast', console: 'none' }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_timer' }] });
      await client.event('breakpoint');
    });
    await client.stopped();
    frame = (await client.frames())[0]!;
    groups = await client.scope(frame.id, 'Registers');
  });
  after(() => client.end());

  const set = (group: DebugProtocol.Variable | undefined, name: string, value: string) =>
    client.request('setVariable', { variablesReference: group!.variablesReference, name, value });
  const evaluate = (text: string): Promise<string> => client.evaluate(text, 'watch', frame.id);
  const open = (variable: DebugProtocol.Variable | undefined) => client.children(variable!.variablesReference);

  it('groups: general, flags, segments, control, MSRs, x87, SSE, AVX, local APIC, paravirtual MSRs', () => {
    assert.deepEqual(Object.keys(groups), [
      'General',
      'Flags',
      'Segments',
      'Control',
      'MSRs',
      'x87',
      'SSE',
      'AVX',
      'Local APIC',
      'Paravirt',
    ]);
  });

  it('sets flags by name, also in expressions', async () => {
    assert.equal((await set(groups.Flags, 'CF', '1')).value, '1');
    assert.equal(await evaluate('$rflags.cf + ($rflags & 1)'), '2');
    await client.evaluate('$rflags.cf = 0', 'repl', frame.id);
    assert.equal((await open(groups.Flags)).CF?.value, '0');
    await assert.rejects(set(groups.Flags, 'CF', '2'), /rflags.cf has 1 bit: the value does not fit/);
    const shown = await client.request('setExpression', { expression: '$zf', value: '1', frameId: frame.id });
    assert.equal(shown.value, '0x1');
  });

  it('sets registers of any width, and single bits, for the vCPU panel', async () => {
    const registers = async () => {
      const { groups: all }: RegistersAnswer = await client.request('hyperscope/registers', { vcpu: 0 });
      return new Map(all.flatMap((group) => group.registers.map((row) => [row.name, row])));
    };
    const change = (name: string, value: string) => client.request('hyperscope/setRegister', { vcpu: 0, name, value });
    const wide = '0x123456789abcdef0fedcba9876543210';
    const before = (await registers()).get('r9')?.value ?? '';
    await change('xmm3', wide);
    await change('st2', '0x3fff8000000000000000');
    await change('r9', '-2');
    await change('cr4.OSFXSR', '1');
    const now = await registers();
    assert.deepEqual(
      [now.get('xmm3')?.value, now.get('st2')?.value, now.get('r9')?.value],
      [wide, '0x3fff8000000000000000', '0xfffffffffffffffe'],
    );
    assert.equal(now.get('cr4')?.bits?.find(({ name }) => name === 'OSFXSR')?.value, 1);
    assert.equal(now.get('apic.isr')?.readOnly ?? true, true);
    await change('r9', '$rsp + 8');
    assert.equal((await registers()).get('r9')?.value, `0x${(BigInt(now.get('rsp')?.value ?? 0) + 8n).toString(16)}`);
    await change('r9', before);
    await assert.rejects(change('cs', '0x12345'), /does not fit into 16 bits/);
    await assert.rejects(change('rflags.zf', '2'), /the value does not fit/);
  });

  it('shows and sets the bits of control registers', async () => {
    const control = await open(groups.Control);
    const cr0 = await open(control.cr0);
    assert.deepEqual([cr0.PE?.value, cr0.PG?.value, cr0.EM?.value], ['1', '1', '0']);
    assert.equal(cr0.WP?.evaluateName, '$cr0.wp');
    const before = await evaluate('$cr0');
    const flipped = cr0.WP?.value === '1' ? '0' : '1';
    assert.equal((await set(control.cr0, 'WP', flipped)).value, flipped);
    assert.notEqual(await evaluate('$cr0'), before);
    await set(groups.Control, 'cr0', before);
    assert.equal(await evaluate('$cr0'), before);
  });

  it('shows the hidden parts of segments below them', async () => {
    const segments = await open(groups.Segments);
    assert.deepEqual(
      Object.keys(segments),
      ['cs', 'ss', 'ds', 'es', 'fs', 'gs', 'ldtr', 'tr', 'gdtr', 'idtr'].filter((name) => segments[name]),
    );
    const parts = await open(segments.gs);
    assert.deepEqual(Object.keys(parts), ['base', 'limit', 'access']);
    await set(segments.gs, 'base', '0x1234');
    assert.equal(await evaluate('$gs.base'), '0x1234');
    await set(segments.gs, 'base', parts.base!.value.split(' ')[0]!);
  });

  it('shows the local APIC decoded, read-only', async () => {
    const apic = await open(groups['Local APIC']);
    assert.match(apic['apic.base']?.value ?? '', /x2?APIC, BSP$/i);
    assert.match(apic['apic.svr']?.value ?? '', /enabled, spurious vector 0x/);
    assert.match(apic['apic.lvt_timer']?.value ?? '', /vector 0x[0-9a-f]+, /);
    await assert.rejects(set(groups['Local APIC'], 'apic.tpr', '1'), /apic.tpr cannot be changed/);
  });

  it('decodes what guest and hypervisor share', async () => {
    const areas = await client.scope(frame.id, 'Paravirt');
    const clock = await open(areas['kvmclock (pvclock_vcpu_time_info)']);
    assert.match(clock.flags?.value ?? '', /TSC_STABLE/);
    assert.match(clock.system_time?.value ?? '', /^\d+ ns$/);
    assert.equal(Number(clock.version?.value) % 2, 0);
    const steal = await open(areas['steal time (kvm_steal_time)']);
    assert.match(steal.steal?.value ?? '', /^\d+ ns$/);
  });

  it('what is set is a logged input, and the same again in a replay', async () => {
    const control = client.session.guest('test').control as InProcessControl;
    const log = await control.inputLog();
    assert.match(log, /rflags/);
    assert.match(log, /cr0/);
  });
});
