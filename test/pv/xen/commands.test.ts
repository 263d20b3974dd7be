// Every command that the rows say works, called once where the guest would see what it did; every one that is refused, by the result that its row names. None is left out.
import assert from 'node:assert/strict';
import { describeHypercall, resultText } from '../../../src/pv/describe.rows';
import { XEN_CALL_HANDLERS } from '../../../src/pv/xen/calls/dispatch';
import { XEN_ROWS } from '../../../src/pv/xen/rows';
import { ModeBit } from '../../../src/x86/layout';
import { COMMAND_CHECKS } from './command-checks';
import { ARG, guest } from './fake-host';

const rows = XEN_ROWS.hypercalls.flatMap(({ nr, name, state, commands = [] }) =>
  commands.map((command) => ({ ...command, call: nr, callName: name, works: state === 'works' && command.state === 'works' })),
);

describe("each command of Xen's calls", () => {
  for (const { symbol, works } of rows)
    if (works) it(symbol, () => (COMMAND_CHECKS[symbol] ?? assert.fail(`no check of ${symbol}`))(guest()));
  for (const name of Object.keys(XEN_CALL_HANDLERS)) it(name, () => (COMMAND_CHECKS[name] ?? assert.fail(`no check of ${name}`))(guest()));

  it('has no check of what is no command', () => {
    const known = [...rows.filter(({ works }) => works).map(({ symbol }) => symbol), ...Object.keys(XEN_CALL_HANDLERS)];
    assert.deepEqual(
      Object.keys(COMMAND_CHECKS).filter((symbol) => !known.includes(symbol)),
      [],
    );
  });

  it('is refused as its row says, and named in the trace', () => {
    let checked = 0;
    for (const { call, callName, nr, symbol, works, refusal = -38 } of rows) {
      if (works) continue;
      const made = guest();
      const result = made.call(call, nr, made.struct([]), 1);
      // A call that is refused as a whole knows none of its commands.
      const state = XEN_ROWS.hypercalls.find((row) => row.nr === call)!.state;
      assert.equal(result, BigInt(state === 'works' ? refusal : -38), symbol);
      const described = describeHypercall('xen', call, [BigInt(nr), BigInt(ARG)]);
      assert.deepEqual([described.name, described.args[0]?.text], [callName, symbol]);
      checked++;
    }
    assert.ok(checked > 25, `${checked}`);
  });

  it('of no guest that is here is -ENOSYS in every mode, by name: calls of classic PV guests and of the control domain', () => {
    let classic = 0;
    for (const { nr, name, state, doc, guests = [] } of XEN_ROWS.hypercalls) {
      if (state !== 'refused') continue;
      for (const mode of [ModeBit.code64 | ModeBit.longMode, ModeBit.code32]) {
        const made = guest();
        made.state.setU32('mode', mode);
        assert.equal(BigInt.asIntN(32, made.call(nr, 0, ARG, 1)), -38n, name);
      }
      assert.equal(describeHypercall('xen', nr, []).name, name);
      if (guests.length !== 1 || guests[0] !== 'pv') continue;
      classic++;
      assert.match(doc, /Of classic PV guests, which are not supported yet: they need \w/, name);
    }
    assert.ok(classic >= 19, `${classic}`);
    assert.match(resultText('xen', -38n), /XEN_ENOSYS/);
  });
});
