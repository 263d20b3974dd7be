// A busybox shell on the console, used as a person would: prompt seen, command typed, answer read. In a terminal by the command line, and by the debug adapter's console.
import { resolve } from 'node:path';
import { createHost } from '../../../src/dap/hosts';
import { TestClient } from '../../dap/support/client';
import { hasTool } from '../../support/compiler';
import { Dialogue } from './dialogue';
import { linuxGuest } from './packages';
import { TERMINAL_MAKER } from './pty';
import { talkToShell } from './shell-dialogue';
import { SHELL_COMMAND_LINE, shellOnTerminal } from './shell-on-terminal';

const WORKER = resolve(__dirname, '../../../dist/engine-worker.js');
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
  it('in a terminal: commands, editing, signals, job control, UTF-8, a paste', async function () {
    if (!hasTool(TERMINAL_MAKER)) {
      console.log(`      not run: no ${TERMINAL_MAKER} (util-linux) makes a terminal`);
      return this.skip();
    }
    await shellOnTerminal(guest);
  });

  it("by the debug adapter's console: the same", async () => {
    const session = new TestClient((config, launch) => createHost(config, launch, WORKER), PATIENCE_MS);
    const type = (bytes: Uint8Array) => void session.request('hyperscope/input', { bytes: Buffer.from(bytes).toString('base64') });
    const dialogue = new Dialogue(type);
    const listen = async () => {
      for (;;) dialogue.show(Buffer.from((await session.event<{ bytes: string }>('hyperscope/console')).bytes, 'base64'));
    };
    const { kernel, initrd } = guest;
    await session.start({
      image: kernel,
      fastBoot: true,
      initrd,
      append: SHELL_COMMAND_LINE,
      cpu: 'x86-64-v2',
      pace: 'fast',
      console: 'terminal',
    });
    const listening = listen().catch(() => dialogue.end());
    try {
      await talkToShell(dialogue);
    } finally {
      await session.end();
      await listening;
    }
  });
});
