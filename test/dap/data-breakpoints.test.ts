// Watched memory and filters for faults, interrupts, exits, MSRs and ports, as a client sees them on the real machine.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { TestClient } from './support/client';
import { checkGolden, ROOT } from './support/golden';

type Stopped = DebugProtocol.StoppedEvent['body'];
const KVM_C = join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf');

describe('data breakpoints and event filters', () => {
  let client: TestClient;
  beforeEach(() => {
    client = new TestClient(async (config) => new InProcessControl(config));
  });
  afterEach(() => client.end());

  const atKmain = async (): Promise<DebugProtocol.StackFrame> => {
    await client.start({ image: KVM_C, vcpus: 2, pcpus: 2, pace: 'fast', console: 'none' }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kmain' }] });
      await client.event('breakpoint');
    });
    await client.stopped();
    await client.request('setFunctionBreakpoints', { breakpoints: [] });
    return (await client.frames())[0]!;
  };
  const info = (args: object): Promise<DebugProtocol.DataBreakpointInfoResponse['body']> => client.request('dataBreakpointInfo', args);
  const watch = async (...breakpoints: object[]) => {
    const { breakpoints: set } = await client.request<DebugProtocol.SetDataBreakpointsResponse['body']>('setDataBreakpoints', {
      breakpoints,
    });
    for (const _ of set) await client.event('breakpoint');
    return set;
  };
  const go = async (threadId = 1): Promise<Stopped> => {
    await client.request('continue', { threadId });
    return client.stopped();
  };
  const filter = async (filterId: string, condition?: string): Promise<DebugProtocol.Breakpoint> => {
    await client.request('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId, ...(condition && { condition }) }] });
    return (await client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint')).breakpoint;
  };

  it('a global that changes: old and new value, who wrote it, at the source line', async () => {
    const frame = await atKmain();
    const { dataId } = await info({ name: 'vcpus_online', frameId: frame.id });
    await watch({ dataId, accessType: 'write' });
    const stop = await go();
    assert.match(stop.description ?? '', /^vcpus_online: 1 → 2, written at \w+\+0x[0-9a-f]+$/);
    const [top] = await client.frames(stop.threadId);
    await client.evaluate('vcpus_online', 'hover', top!.id);
    checkGolden('kvm-c-watch', client.messages);
  });

  it('read, write and both; by address and length; conditions and hit counts in the engine', async () => {
    const frame = await atKmain();
    const demand = await info({ name: '&demand_faults', asAddress: true, bytes: 8, frameId: frame.id });
    assert.match(demand.dataId ?? '', /^linear:0x[0-9a-f]+:8:demand_faults$/);
    await watch({ dataId: demand.dataId, accessType: 'write', hitCondition: '3' });
    assert.match((await go()).description ?? '', /^demand_faults: 2 → 3, written at /);
    await watch({ dataId: demand.dataId, accessType: 'write', condition: 'after == 6 && before == 5' });
    assert.match((await go()).description ?? '', /^demand_faults: 5 → 6, /);
    await watch({ dataId: demand.dataId, accessType: 'write', condition: 'after == demand_faults && after == 8' });
    assert.match((await go()).description ?? '', /^demand_faults: 7 → 8, /);
    await watch({ dataId: demand.dataId, accessType: 'read' });
    assert.match((await go()).description ?? '', /^demand_faults: 8, read at \w+/);
    assert.match((await info({ name: 'ticks', frameId: frame.id })).description, /belongs to an earlier stop/);
  });

  it('says why something cannot be watched', async () => {
    const frame = await atKmain();
    const why = async (args: object) => {
      const { dataId, description } = await info({ frameId: frame.id, ...args });
      assert.equal(dataId, null);
      return description;
    };
    assert.match(await why({ name: '$rax' }), /"\$rax" cannot be watched: it is in a register/);
    assert.match(await why({ name: 'vcpus_online + 1' }), /has no place in memory or a register/);
    assert.match(await why({ name: '0x1000', asAddress: true, bytes: 1 << 30 }), /1 to 16777216 can be watched/);
    const { scopes } = await client.request('scopes', { frameId: frame.id });
    const registers = scopes.find(({ name }: { name: string }) => name === 'Registers');
    assert.match(await why({ name: 'General', variablesReference: registers.variablesReference }), /it is in a register/);
    const physical = await info({ name: 'phys:0xfee000b0', asAddress: true, bytes: 4, frameId: frame.id });
    assert.equal(physical.dataId, 'physical:0xfee000b0:4:physical 0xfee000b0');
    const ticks = await info({ name: 'ticks', frameId: frame.id, mode: 'physical' });
    assert.match(ticks.dataId ?? '', /^physical:0x[0-9a-f]{6}:8:ticks \(physical\)$/);
    const { breakpoints } = await client.request('setDataBreakpoints', { breakpoints: [{ dataId: 'nonsense' }] });
    assert.match(breakpoints[0].message, /"nonsense" is no place/);
    await watch({ dataId: ticks.dataId, accessType: 'write' });
    assert.match((await go()).description ?? '', /^ticks \(physical\): 0 → 1, written at \w+/);
  });

  it('watching changes nothing: the guest prints the same and ends at the same instruction', async () => {
    const run = async (watching: boolean): Promise<string> => {
      client = new TestClient(async (config) => new InProcessControl(config));
      const frame = await atKmain();
      const ids = await Promise.all(['ticks', 'shared_counter', 'ipis', 'vcpus_online'].map((name) => info({ name, frameId: frame.id })));
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'monitor' }] });
      await client.event('breakpoint');
      if (watching) await watch(...ids.map(({ dataId }) => ({ dataId, accessType: 'readWrite', hitCondition: '% 50' })));
      let stops = 0;
      while ((await go()).reason !== 'function breakpoint') stops++;
      assert.equal(stops > 10, watching);
      const guest = client.session.guest('test');
      const digest = await guest.control.digest();
      if (watching) await client.end();
      return digest;
    };
    const digests = [await run(true), await run(false)];
    assert.equal(digests[0], digests[1]);
  });

  it('faults, before their handler, with the error code decoded', async () => {
    await atKmain();
    assert.equal((await filter('fault', "name == 'PF' && code & 2")).verified, true);
    const stop = await go();
    assert.deepEqual([stop.reason, stop.description], ['exception', '#PF']);
    assert.match(
      stop.text ?? '',
      /^#PF at 0x\w+ <demo_demand_paging\+0x\w+>: error code 0x2 \(not present, write, supervisor\), address 0x\w+$/,
    );
    const [top] = await client.frames();
    assert.equal(top?.name, 'demo_demand_paging');
    const { exceptionId, details } = await client.request('exceptionInfo', { threadId: 1 });
    assert.equal(exceptionId, '#PF');
    assert.match(
      details.message,
      /^#PF \(vector 14\) at CPL 0\ninstruction demo_demand_paging\+0x\w+\nerror code 0x2 \(not present, write, supervisor\)\naddress 0x/,
    );
    // A step passes the handler, as it does for interrupts: the fault is delivered now, and the page is there.
    const before = await client.evaluate('demand_faults');
    await client.request('stepIn', { threadId: 1, granularity: 'instruction' });
    await client.stopped();
    assert.equal((await client.frames())[0]?.name, 'demo_demand_paging');
    assert.equal(await client.evaluate('demand_faults'), `${Number(before) + 1}`);
    await filter('fault', 'address == 0');
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_timer' }] });
    assert.equal((await go()).reason, 'function breakpoint');
  });

  it('interrupts, exits, MSRs and ports', async () => {
    await atKmain();
    await filter('port', 'port == 0x3f8 && write');
    const port = await go();
    assert.match(port.description ?? '', /^Write to port 0x3f8$/);
    assert.match(port.text ?? '', /^Write to port 0x3f8 at 0x\w+ <\w+\+0x\w+>: value \d+|value 0x\w+, 1 byte$/);
    await filter('msr', "name == 'IA32_TSC_DEADLINE' && write");
    assert.match((await go()).description ?? '', /^WRMSR 0x6e0 IA32_TSC_DEADLINE$/);
    await filter('interrupt', 'vector >= 0x20');
    assert.match((await go()).description ?? '', /^Interrupt 0x\w+$/);
    await filter('exit', "reason == 'vmcall'");
    assert.match((await go()).text ?? '', /^VM exit vmcall at 0x\w+ <hypercall\+0x\w+>: .*nr 0x/);
    assert.match((await filter('exit', 'nonsense ===')).message ?? '', /nonsense/);
    const { breakpoints } = await client.request('setExceptionBreakpoints', { filters: ['nothing'] });
    assert.match(breakpoints[0].message, /no filter "nothing"/);
  });

  it('functions by pattern', async () => {
    await atKmain();
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_*' }] });
    const { breakpoint } = await client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint');
    assert.deepEqual([breakpoint.verified, /^\d+ places\.$/.test(breakpoint.message ?? '')], [true, true]);
    const names = new Set<string>();
    for (let i = 0; i < 2; i++) {
      await go();
      names.add((await client.frames())[0]!.name);
    }
    assert.equal(names.size, 2);
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'nothing_?*' }] });
    const none = await client.event<DebugProtocol.BreakpointEvent['body']>(
      'breakpoint',
      ({ breakpoint: { message } }) => message !== undefined,
    );
    assert.match(none.breakpoint.message ?? '', /No function's name fits/);
  });

  it('console: physical places, one address space, every write, logging', async () => {
    const frame = await atKmain();
    const say = (line: string): Promise<string> => client.evaluate(line, 'repl', frame.id);
    assert.match(await say('break -s demo_timer if rsp != 0'), /^\d+ {2}demo_timer at demo_timer[+0-9a-fx]*, address-space, if rsp != 0$/);
    assert.match(await say('break -p demo_ipi'), /^\d+ {2}demo_ipi at demo_ipi[+0-9a-fx]*, physical$/);
    assert.match(await say('watch -w demand_faults if after == 2'), /^\d+ {2}demand_faults, 8 bytes, write, if after == 2$/);
    assert.match(await say('log paging_fault fault at {$cr2,x}'), /^\d+ {2}paging_fault at paging_fault[+0-9a-fx]*, log "fault at/);
    await assert.rejects(say('watch kmain()'), /cannot be called/);
    await assert.rejects(say('delete 99'), /no breakpoint of the console has the number 99/);
    await client.request('continue', { threadId: 1 });
    const { output } = await client.event('output', ({ category }) => category === 'console');
    assert.match(output, /^fault at 0x[0-9a-f]+\n$/);
    assert.match((await client.stopped()).description ?? '', /^demand_faults: 1 → 2, /);
    assert.match(await client.evaluate('breakpoints', 'repl'), /demand_faults, 8 bytes, write/);
    const functions: string[] = [];
    for (let i = 0; i < 2; i++) {
      await go();
      functions.push((await client.frames())[0]!.name);
    }
    assert.deepEqual(functions, ['demo_timer', 'demo_ipi']);
    const list = await client.evaluate('breakpoints', 'repl');
    for (const line of list.split('\n')) await client.evaluate(`delete ${line.split(' ')[0]}`, 'repl');
    assert.equal(await client.evaluate('breakpoints', 'repl'), 'none');
  });
});
