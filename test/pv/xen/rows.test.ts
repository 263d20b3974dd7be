// Xen's rows against the handlers behind them, against Xen's public headers where they are installed (libxen-dev), and against the table in the documentation.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeHypercall, resultText } from '../../../src/pv/describe.rows';
import { hypercallsNamed } from '../../../src/pv/rows';
import { XEN_CALL_HANDLERS, XEN_COMMAND_HANDLERS } from '../../../src/pv/xen/calls/dispatch';
import { XEN_FEATURES } from '../../../src/pv/xen/features.rows';
import { XEN_ROWS } from '../../../src/pv/xen/rows';

const HEADERS = process.env.XEN_HEADERS ?? '/usr/include/xen';

function defines(): Map<string, number> {
  const found = new Map<string, number>();
  if (!existsSync(join(HEADERS, 'xen.h'))) return found;
  for (const name of readdirSync(HEADERS, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.h')) continue;
    for (const [, symbol, value] of readFileSync(join(HEADERS, name), 'utf8').matchAll(/^#define\s+(\w+)\s+(0x[0-9a-fA-F]+|\d+)\b/gm))
      found.set(symbol!, Number(value));
  }
  return found;
}

describe('Xen rows', () => {
  it('have the numbers of the public headers', function () {
    const names = defines();
    if (names.size === 0) {
      console.log('      skipped: no <xen/xen.h> here (libxen-dev)');
      this.skip();
    }
    let checked = 0;
    const same = (symbol: string, value: number): void => {
      const known = names.get(symbol);
      if (known === undefined) return;
      assert.equal(value, known, symbol);
      checked++;
    };
    for (const { symbol, nr, commands = [] } of XEN_ROWS.hypercalls) {
      same(symbol, nr);
      for (const command of commands) same(command.symbol, command.nr);
    }
    for (const { symbol, bit } of XEN_FEATURES) same(symbol, bit);
    assert.ok(checked > 130, `only ${checked} names found in the headers`);
    const ours = new Set(XEN_ROWS.hypercalls.flatMap(({ symbol, commands = [] }) => [symbol, ...commands.map((each) => each.symbol)]));
    for (const name of names.keys()) {
      if (/^(EVTCHNOP|GNTTABOP|SCHEDOP|VCPUOP|XENVER)_[a-z_]+$/.test(name)) assert.ok(ours.has(name) || name.endsWith('_cont'), name);
    }
  });

  it('say "works" exactly where a handler is', () => {
    for (const { name, commands, state } of XEN_ROWS.hypercalls) {
      assert.equal(name in XEN_CALL_HANDLERS, state === 'works' && commands === undefined, name);
      for (const command of commands ?? []) assert.equal(command.symbol in XEN_COMMAND_HANDLERS, command.state === 'works', command.symbol);
    }
  });

  it('name the command of a call in traces', () => {
    const { name, args } = describeHypercall('xen', 32, [4n, 0x1000n]);
    assert.deepEqual([name, args[0]?.text, args[1]?.text], ['event_channel_op', 'EVTCHNOP_send', '0x1000']);
    assert.match(resultText('xen', -38n), /XEN_ENOSYS/);
    assert.equal(hypercallsNamed('xen:sched_op')[0]?.row.nr, 29);
    assert.equal(hypercallsNamed('__HYPERVISOR_memory_op')[0]?.row.nr, 12);
  });
});
