// The host with scripted vCPUs: how runs end, stops, steps, hypercalls, determinism, saving.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { RUN_STATES } from '../../src/machine/sched/run-state-account';
import type { CpuHost } from '../../src/x86/cpu';
import { Gpr } from '../../src/x86/layout';
import type { VcpuState } from '../../src/x86/vcpu-state';
import { type FakeOp, type FakeScript, OP_BASE, OP_SIZE } from './fake-engine';
import { fakeCore, runCore } from './fake-host';

const out = (port: number, value: number): FakeOp => ({ do: (host) => host.portOut(port, 1, value) });
const print = (text: string): FakeOp => ({
  do: (host) => {
    for (const char of text) host.portOut(0x3f8, 1, char.charCodeAt(0));
  },
});
const X2APIC_ENABLE = 0xfee00c00n;
const sti: FakeOp = { do: (_host, state) => state.setU64('rflags', state.u64('rflags') | 0x200n) };
const x2apic: FakeOp = {
  do: (host) => {
    host.writeMsr(0x1b, host.readMsr(0x1b)! | X2APIC_ENABLE);
    host.writeMsr(0x80f, 0x1ffn);
  },
};
const icr = (value: bigint): FakeOp => ({ do: (host) => void host.writeMsr(0x830, value) });
const quit: FakeOp = out(0xf4, 0x10);
const op = (index: number): bigint => BigInt(OP_BASE + index * OP_SIZE);

describe('machine/host', () => {
  it('ends by debug exit, power-off, halted for ever, triple fault, limit', () => {
    const exitOf = (script: FakeOp[], limit?: number) => {
      const core = fakeCore([{ ops: script }], {}, limit === undefined ? {} : { maxInstructions: limit });
      core.setStopOn({ tripleFault: false, haltedForever: false });
      const { last } = runCore(core);
      assert.equal(last.kind, 'exited');
      return last.kind === 'exited' ? [last.exit.reason, last.exit.code] : [];
    };
    assert.deepEqual(exitOf([{ compute: 1000 }, quit]), ['debug-exit', 0x21]);
    assert.deepEqual(exitOf([out(0xf4, 0xff)]), ['debug-exit', 0xff]);
    assert.deepEqual(exitOf([{ compute: 5 }, { hlt: true }]), ['halted-forever', 0]);
    assert.deepEqual(exitOf([sti, { hlt: true }]), ['halted-forever', 0]);
    assert.deepEqual(exitOf([{ compute: 5 }, { tripleFault: true }]), ['triple-fault', 126]);
    assert.deepEqual(exitOf([{ compute: 5000 }], 1234), ['limit', 124]);
    assert.equal(exitOf([{ unimplemented: 'vpermd' }])[0], 'unimplemented');
  });

  it('stops on a triple fault at the guilty instruction with its chain, and resets only when resumed', () => {
    const core = fakeCore([{ ops: [{ compute: 7 }, { tripleFault: true }] }]);
    const { last } = runCore(core);
    assert.ok(last.kind === 'stopped' && last.stop.reason.kind === 'triple-fault');
    assert.deepEqual(
      last.stop.reason.chain.map((fault) => fault.name),
      ['#PF', '#PF', '#DF'],
    );
    assert.equal(core.registers(0, 0).values.rip, op(1));
    const after = runCore(core).last;
    assert.ok(after.kind === 'exited' && after.exit.code === 126);
    assert.match(after.exit.text, /#PF\(0x2\) at 8:0x200010, address 0xdead000, then #PF/);
  });

  it('halted for ever is a stop first, an exit when resumed', () => {
    const core = fakeCore([{ ops: [{ hlt: true }] }]);
    const { last } = runCore(core);
    assert.ok(last.kind === 'stopped' && last.stop.reason.kind === 'halted-forever');
    assert.equal(runCore(core).last.kind, 'exited');
  });

  it('reboots where it is told to', () => {
    let boots = 0;
    const count: FakeOp = { do: () => void boots++ };
    const core = fakeCore([{ ops: [count, { do: (host) => (boots < 3 ? host.portOut(0x64, 1, 0xfe) : host.portOut(0xf4, 1, 0)) }] }], {
      onReset: 'reboot',
    });
    const { last } = runCore(core);
    assert.ok(last.kind === 'exited' && last.exit.reason === 'debug-exit');
    assert.equal(boots, 3);
  });

  it('prints on the serial port; every exit is charged, counted and traced', () => {
    const core = fakeCore([{ ops: [print('hi\n'), { compute: 1000 }, quit] }]);
    const { text } = runCore(core);
    assert.equal(text, 'hi\n');
    const { exits, vcpus, virtualNs } = core.statistics();
    assert.deepEqual(exits, [{ reason: 'io', count: 4, virtualNs: 8000 }]);
    assert.equal(virtualNs, 8000 + 1002);
    assert.equal(vcpus[0]!.hypervisorNs, 8000);
    const records = core.trace({ from: 0, limit: 100, kinds: ['vm-exit'] }).records;
    assert.equal(records.length, 4);
    assert.deepEqual(
      records.map((record) => record.fields.port),
      [0x3f8, 0x3f8, 0x3f8, 0xf4],
    );
    assert.deepEqual(
      records.map((record) => [record.virtualNs, record.durationNs]),
      [
        [0, 2000],
        [2000, 2000],
        [4000, 2000],
        [7001, 2000],
      ],
    );
  });

  it('starts the second vCPU by INIT and SIPI and exchanges IPIs', () => {
    const bsp: FakeScript = {
      ops: [
        x2apic,
        icr((1n << 32n) | 0x4500n),
        { compute: 10_000 },
        icr((1n << 32n) | 0x4608n),
        sti,
        { hlt: true },
        { jump: 5 },
        print('B'),
        quit,
      ],
      handlers: { 65: 7 },
    };
    const ap: FakeScript = { ops: [x2apic, print('A'), { compute: 2000 }, icr(0x41n), { hlt: true }, { jump: 4 }] };
    for (const pcpus of [1, 2]) {
      const core = fakeCore([bsp, ap], {}, { pcpus });
      const { text, last } = runCore(core);
      assert.equal(text, 'AB');
      assert.ok(last.kind === 'exited' && last.exit.reason === 'debug-exit');
      const nowNs = core.statistics().virtualNs;
      for (const { entity } of core.host.vms[0]!.vcpus)
        assert.equal(
          RUN_STATES.reduce((sum, state) => sum + entity.account.ns(state, nowNs), 0),
          nowNs,
        );
      assert.ok(core.host.vms[0]!.vcpus[1]!.entity.account.ns('offline', nowNs) >= 10_000);
    }
  });

  it('stop points: hit rules, counted together where one breakpoint lies at several places', () => {
    const core = fakeCore([{ ops: [{ do: () => {} }, { compute: 100 }, { do: () => {} }] }], {}, { maxInstructions: 2000 });
    const at = (id: number, place: number) => ({ id, vm: 0, where: { kind: 'linear', address: op(place) } as const });
    const hits = { compare: 'multiple', count: 3 } as const;
    core.setStopPoints([
      { ...at(1, 0), hits, countsWith: 1 },
      { ...at(2, 2), hits, countsWith: 1 },
      { ...at(3, 1), hits: { compare: 'equal', count: 2 } },
    ]);
    const stops: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const { last } = runCore(core);
      assert.ok(last.kind === 'stopped' && last.stop.reason.kind === 'breakpoint');
      stops.push(...last.stop.reason.ids);
    }
    // Places in order: 0 1 2 0 1 2 0 1 2 …: the third, sixth and ninth time at one of 0 and 2; the second time at 1.
    assert.deepEqual(stops, [1, 3, 2, 1]);
  });

  it('stop points: conditions, ignore counts, log points, temporary ones', () => {
    const core = fakeCore(
      [{ ops: [{ do: (_host, state) => state.setGpr(Gpr.rax, state.gpr(Gpr.rax) + 1n) }, { compute: 100 }] }],
      {},
      { maxInstructions: 100_000 },
    );
    const where = { kind: 'linear', address: op(1) } as const;
    core.setStopPoints([
      {
        id: 1,
        vm: 0,
        where,
        condition: [
          { op: 'register', name: 'rax' },
          { op: 'const', value: 10n },
          { op: 'binary', operator: 'eq' },
        ],
      },
      { id: 2, vm: 0, where, ignoreCount: 20 },
      {
        id: 3,
        vm: 0,
        where: { kind: 'linear', address: op(0) },
        log: [{ text: 'rax=' }, { program: [{ op: 'register', name: 'rax' }], format: 'd' }],
      },
      { id: 4, vm: 0, where, temporary: true },
    ]);
    const stops: unknown[] = [];
    const logs: string[] = [];
    for (let i = 0; i < 4; i++) {
      const { last, events } = runCore(core);
      assert.ok(last.kind === 'stopped' && last.stop.reason.kind === 'breakpoint');
      stops.push([last.stop.reason.ids, core.registers(0, 0).values.rax]);
      for (const event of events) if (event.kind === 'log') logs.push(event.text);
    }
    assert.deepEqual(stops, [
      [[4], 1n],
      [[1], 10n],
      [[2], 21n],
      [[2], 22n],
    ]);
    assert.equal(logs[5], 'rax=5');
  });

  it('stops before a hypercall, lets it through once, and says which', () => {
    const call: FakeOp = { do: (host) => void host.hypercall('vmcall') };
    const set = (nr: bigint): FakeOp => ({ do: (_host, state) => state.setGpr(Gpr.rax, nr) });
    const core = fakeCore([{ ops: [set(11n), call, set(5n), call, quit] }]);
    for (const index of [1, 3]) core.writeMemory(0, { kind: 'physical' }, op(index), Uint8Array.of(0x0f, 0x01, 0xc1));
    core.setStopPoints([{ id: 9, vm: 0, where: { kind: 'hypercall', interface: 'kvm' } }]);
    const names: string[] = [];
    for (;;) {
      const { last } = runCore(core);
      if (last.kind !== 'stopped' || last.stop.reason.kind !== 'hypercall') break;
      names.push(last.stop.reason.call.name);
      assert.equal(core.registers(0, 0).values.rip, op(names.length * 2 - 1));
      assert.equal(core.registers(0, 0).values.rax, names.length === 1 ? 11n : 5n);
    }
    assert.deepEqual(names, ['SCHED_YIELD', 'KICK_CPU']);
    const calls = core.trace({ from: 0, limit: 10, kinds: ['hypercall'] }).records;
    assert.deepEqual(
      calls.map((record) => record.fields.nr),
      [11n, 5n],
    );
  });

  it('single steps retire one instruction under the normal schedule', () => {
    const core = fakeCore([{ ops: [{ compute: 3 }, print('x'), { compute: 2 }, quit] }]);
    const retired: number[] = [];
    for (let i = 0; i < 5; i++) {
      core.resume({ step: { vm: 0, vcpu: 0 } });
      while (core.running) core.advance(1_000_000, Number.POSITIVE_INFINITY);
      assert.deepEqual(core.host.stop?.reason, { kind: 'step', diverted: false });
      retired.push(core.host.vcpu(0, 0).retired());
    }
    assert.deepEqual(retired, [1, 2, 3, 4, 5]);
  });

  it('keeps typed input until the guest listens, then feeds it as the line and FIFO allow', () => {
    const read: FakeOp = {
      do: (host, state) => {
        if (host.portIn(0x3fd, 1) & 1) host.portOut(0x3f8, 1, host.portIn(0x3f8, 1));
        state.setGpr(Gpr.rbx, state.gpr(Gpr.rbx) + 1n);
      },
    };
    const core = fakeCore([{ ops: [{ compute: 10_000 }, read] }], {}, { maxInstructions: 10_000_000 });
    core.input(0, new TextEncoder().encode('hello, this is more than sixteen bytes\n'));
    assert.equal(runCore(core).text, 'hello, this is more than sixteen bytes\n');
  });
});

/** Two vCPUs that compute, halt, wake each other, print and look at the time. */
function busyScripts(): FakeScript[] {
  const note = (host: CpuHost, state: VcpuState): void => {
    state.setGpr(Gpr.rsi, (state.gpr(Gpr.rsi) * 31n + host.hostTsc()) & 0xffff_ffff_ffffn);
  };
  const arm: FakeOp = {
    do: (host) => {
      host.writeMsr(0x832, 0x42n);
      host.writeMsr(0x838, 700n);
    },
  };
  const eoi: FakeOp = { do: (host) => void host.writeMsr(0x80b, 0n) };
  return [
    {
      ops: [
        x2apic,
        icr((1n << 32n) | 0x4500n),
        icr((1n << 32n) | 0x4608n),
        sti,
        { compute: 33_333 },
        { do: note },
        arm,
        icr((1n << 32n) | 0x41n),
        { hlt: true },
        print('.'),
        { jump: 4 },
        eoi,
        { do: note },
        { iret: true },
      ],
      handlers: { 66: 11 },
    },
    {
      ops: [
        x2apic,
        sti,
        { compute: 12_345 },
        { do: note },
        { hlt: true },
        { jump: 2 },
        eoi,
        { do: note },
        { compute: 501 },
        { iret: true },
      ],
      handlers: { 65: 6 },
    },
  ];
}

describe('machine/determinism', () => {
  const limit = 3_000_000;
  const neighbours = [{ duty: 0.3, absolute: false, periodNs: 1_000_000, pcpu: 0, weight: 1024 }];
  const make = () => fakeCore(busyScripts(), {}, { pcpus: 2, neighbours, maxInstructions: limit });
  const traceOf = (core: ReturnType<typeof make>) =>
    JSON.stringify(core.trace({ from: 0, limit: 1 << 14 }), (_key, value) => (typeof value === 'bigint' ? value.toString() : value));

  const reference = (() => {
    let kept: { digest: string; trace: string; text: string } | undefined;
    return () => {
      if (kept === undefined) {
        const core = make();
        const { text } = runCore(core);
        kept = { digest: core.digest(), trace: traceOf(core), text };
      }
      return kept;
    };
  })();

  it('one digest and trace with 100 random pauses and steps, stop points set and cleared', () => {
    const seed = Number(process.env.SEED ?? 4711);
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    const core = make();
    let text = '';
    core.onEvent((event) => {
      if (event.kind === 'console') text += new TextDecoder().decode(event.bytes);
    });
    for (let i = 0; i < 100; i++) {
      core.setStopPoints(random(3) === 0 ? [{ id: 1, vm: 0, where: { kind: 'linear', address: op(random(12)) } }] : []);
      if (random(4) === 0) core.setStopPoints([{ id: 2, vm: 0, where: { kind: 'hypercall' } }]);
      core.resume(random(2) === 0 ? { step: { vm: 0, vcpu: random(2) } } : {});
      for (let n = random(20); core.running && n >= 0; n--) core.advance(1 + random(5000), Number.POSITIVE_INFINITY);
      core.pause();
      core.digest();
    }
    core.setStopPoints([]);
    core.resume();
    while (core.running) core.advance(250_000, Number.POSITIVE_INFINITY);
    const expected = reference();
    assert.equal(text, expected.text, `seed ${seed}`);
    assert.equal(traceOf(core), expected.trace, `seed ${seed}`);
    assert.equal(core.digest(), expected.digest, `seed ${seed}`);
  });

  it('saved at random instants and restored, a run is the uninterrupted one', () => {
    const expected = reference();
    for (const budget of [1, 777, 12_345, 100_000, 999_999, 2_345_678]) {
      const core = make();
      core.resume();
      for (let left = budget; left > 0; left -= 1000) core.advance(Math.min(left, 1000), Number.POSITIVE_INFINITY);
      core.pause();
      const snapshot = core.save();
      const other = make();
      other.restore(snapshot);
      assert.equal(other.digest(), core.digest());
      runCore(other);
      assert.equal(other.digest(), expected.digest, `saved after ${budget}`);
    }
  });

  it('typing recorded and replayed gives the same run', () => {
    const core = make();
    core.resume();
    for (let i = 0; i < 40; i++) {
      core.advance(10_001, Number.POSITIVE_INFINITY);
      if (i % 10 === 3) core.input(0, new TextEncoder().encode(`typed ${i}\n`));
    }
    while (core.running) core.advance(250_000, Number.POSITIVE_INFINITY);
    const replayed = make();
    replayed.replay(core.inputLog(), 'log');
    runCore(replayed);
    assert.equal(traceOf(replayed), traceOf(core));
    assert.equal(replayed.digest(), core.digest());
    assert.notEqual(core.digest(), reference().digest);
  });

  it('time that all vCPUs read never runs backwards in the order of reading', () => {
    const core = make();
    runCore(core);
    const { records } = core.trace({ from: 0, limit: 1 << 14, kinds: ['vm-exit'] });
    assert.ok(records.length > 300);
    for (let i = 1; i < records.length; i++) {
      const [before, after] = [records[i - 1]!, records[i]!];
      assert.ok(after.virtualNs + after.durationNs >= before.virtualNs, `${before.seq} and ${after.seq}`);
    }
  });
});
