// Whatever comes over the wire: an answer, nothing, or a hung-up connection; never a crash, never silence for ever. Seeds are printed; HYPERSCOPE_TEST_SEED repeats one.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GdbServer } from '../../src/gdb/server';
import { encodePacket, PacketReader } from '../../src/gdb/wire/framing';
import { testSeed } from '../support/seed';
import { ScriptedGdb } from './support/client';
import { KVM_C, startGuest, type TestGuest } from './support/guest';

const seed = testSeed();
const WORDS =
  '? ! g G p0 P0= m M X c C05 s S05 bc bs H Hg1 Hc-1 T1 D z Z Z0,1000,1 Z1,ffffffff80100000,1 z0,1000,1 Z2,1000,8 vCont vCont? vCont;c vCont;s:1 vCont;r0,10:1;c vAttach;1 vMustReplyEmpty qSupported:a+;b- QStartNoAckMode qC qfThreadInfo qsThreadInfo qThreadExtraInfo,1 qRcmd,68656c70 qRcmd, qRcmd,zz qXfer:features:read:target.xml:0,100 qXfer:threads:read::0,fff qXfer:memory-map:read::5,5 qXfer:exec-file:read::0,ffffffff qAttached qSymbol:: _'.split(
    ' ',
  );

/** None of those that end the guest or make a new one, rightly. */
const packet = fc
  .array(fc.oneof(fc.constantFrom(...WORDS), fc.stringMatching(/^[0-9a-f,;:=+.-]{0,24}$/), fc.string({ maxLength: 8 })), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.join(''))
  .filter((text) => !/^(k|vKill|vRun;(;|$)|R|qRcmd,73617665)/.test(text));

describe(`gdb fuzz, seed ${seed}`, () => {
  before(() => console.log(`      seed ${seed}`));

  it('any bytes are framed or refused', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (pieces) => {
        const reader = new PacketReader();
        for (const piece of pieces) for (const item of reader.push(piece)) if (item.kind === 'stranger') return;
      }),
      { seed, numRuns: 2000 },
    );
  });

  it('any data comes through a frame unchanged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        const [item] = [...new PacketReader().push(encodePacket(data))];
        assert.ok(item?.kind === 'packet');
        assert.deepEqual(Buffer.from(item.data), Buffer.from(data));
      }),
      { seed, numRuns: 500 },
    );
  });

  describe('packets on a guest', () => {
    let machine: TestGuest;
    const problems: string[] = [];
    before(async () => {
      machine = await startGuest(KVM_C, '--memory', '8M');
    });
    after(() => machine.guest.control.dispose());

    /** Each is followed by an interrupt and a question, which must be answered. */
    const survives = async (send: (gdb: ScriptedGdb) => void): Promise<void> => {
      const server = new GdbServer(
        () => machine.guest,
        (text) => problems.push(text),
      );
      const gdb = new ScriptedGdb(server);
      send(gdb);
      gdb.raw('\x03');
      if (!gdb.pipe.ended) {
        gdb.send('qC');
        for (let i = 0; i < 100; i++) if (/^QC/.test(await gdb.reply())) break;
      }
      gdb.close();
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(problems, []);
    };

    it('words of the protocol, whole, broken and put together', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 6 }), (packets) =>
          survives((gdb) => {
            for (const each of packets) gdb.send(Buffer.from(each, 'latin1'));
          }),
        ),
        { seed, numRuns: 200 },
      );
    });

    it('noise', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), (bytes) => survives((gdb) => gdb.raw(bytes))),
        { seed, numRuns: 200 },
      );
    });
  });
});
