// A busybox shell on the console, used as a person would: prompt seen, command typed, answer read. In a terminal by the command line, and by the debug adapter's console.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createHost } from '../../../src/dap/hosts';
import { TestClient } from '../../dap/support/client';
import { runGuest, type Stats } from '../../support/cli';
import { hasTool } from '../../support/compiler';
import { scratchFolder } from '../../support/scratch';
import { Dialogue } from './dialogue';
import { linuxGuest } from './packages';
import { runOnTerminal, TERMINAL_MAKER } from './pty';
import { talkToShell } from './shell-dialogue';

const WORKER = resolve(__dirname, '../../../dist/engine-worker.js');
const COMMAND_LINE = 'console=ttyS0 quiet cryptomgr.notests mitigations=off guest.shell';
const CPU = 'x86-64-v2';
const PATIENCE_MS = 300_000;

describe('a shell on the console of Linux', function () {
  this.timeout(900_000);
  const guest = linuxGuest();
  if (typeof guest === 'string') {
    it('answers', function () {
      console.log(`      not run: ${guest}`);
      this.skip();
    });
    return;
  }
  const image = ['--fast-boot', '--initrd', guest.initrd, '--append', COMMAND_LINE, '--cpu', CPU];

  it('in a terminal: commands, editing, signals, job control, UTF-8, a paste; replayed it is the same run', async function () {
    if (!hasTool(TERMINAL_MAKER)) {
      console.log(`      not run: no ${TERMINAL_MAKER} (util-linux) makes a terminal`);
      return this.skip();
    }
    const folder = scratchFolder();
    const [log, stats] = ['log', 'stats'].map((name) => join(folder, name)) as [string, string];
    const run = runOnTerminal([guest.kernel, ...image, '--record', log, '--stats', stats]);
    try {
      await talkToShell(run.dialogue);
      assert.equal(await run.ended, 0);
    } finally {
      run.kill();
    }
    const { digest } = JSON.parse(readFileSync(stats, 'utf8')) as Stats;
    assert.equal(runGuest(guest.kernel, [...image, '--replay', log]).stats.digest, digest);
  });

  it("by the debug adapter's console: the same", async () => {
    const session = new TestClient((config, launch) => createHost(config, launch, WORKER), PATIENCE_MS);
    const type = (bytes: Uint8Array) => void session.request('hyperscope/input', { bytes: Buffer.from(bytes).toString('base64') });
    const dialogue = new Dialogue(type);
    const listen = async () => {
      for (;;) dialogue.show(Buffer.from((await session.event<{ bytes: string }>('hyperscope/console')).bytes, 'base64'));
    };
    const { kernel, initrd } = guest;
    await session.start({ image: kernel, fastBoot: true, initrd, append: COMMAND_LINE, cpu: CPU, pace: 'fast', console: 'terminal' });
    const listening = listen().catch(() => dialogue.end());
    try {
      await talkToShell(dialogue);
    } finally {
      await session.end();
      await listening;
    }
  });
});
