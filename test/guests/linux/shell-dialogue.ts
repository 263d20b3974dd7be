// What somebody does at the prompt of the busybox shell, as rows: typed keys and what must come back up to the next prompt.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Dialogue } from './dialogue';

interface Exchange {
  readonly name: string;
  /** Lines and keys one after the other; before each but the first the text in `after` must have come. */
  readonly keys: readonly string[];
  readonly after?: readonly RegExp[];
  /** Of all that is shown from the first key to the next prompt, the echo of the typed keys too. */
  readonly shows: RegExp;
}

const PROMPT = /guest# $/;
const CTRL = { a: '\x01', c: '\x03', d: '\x04', e: '\x05', u: '\x15', w: '\x17', z: '\x1a' };
const [UP, LEFT, BACKSPACE] = ['\x1b[A', '\x1b[D', '\x7f'];
/** One process group that says when it has begun. */
const RUNNING = `sh -c 'echo be''gun; exec sleep 1000000'\n`;
const BEGUN = /begun\n/;

const PASTE_LINES = 1600;
const PASTE = Array.from({ length: PASTE_LINES }, (_, line) => `${line} ${'pasted text, '.repeat(5)}${line * 7919}\n`).join('');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const EXCHANGES: readonly Exchange[] = [
  { name: 'ls', keys: ['ls -d /bin /proc\n'], shows: /\n\/bin +\/proc\n/ },
  { name: 'a file of the kernel', keys: ['cat /proc/cpuinfo\n'], shows: /\nprocessor\t: 0\n(.*\n)*flags\t+: fpu .*\n/ },
  { name: 'mount', keys: ['mount\n'], shows: /\nproc on \/proc type proc/ },
  { name: 'ps', keys: ['ps\n'], shows: /\nPID +USER +COMMAND\n +1 0 +.*\n +2 0 +\[kthreadd\]\n/ },
  { name: 'pipes', keys: ['seq 1 1000 | sort -rn | head -n 2 | tr "\\n" ";"; echo\n'], shows: /\n1000;999;\n/ },
  { name: 'a terminal that can be given a size', keys: ['tty; stty rows 40 columns 120; stty size\n'], shows: /\n\/dev\/ttyS0\n40 120\n/ },
  { name: 'Ctrl-C ends what runs', keys: [RUNNING, CTRL.c], after: [BEGUN], shows: /\^C\n/ },
  { name: '... and that shows', keys: ['echo status $?\n'], shows: /\nstatus 130\n/ },
  { name: 'Ctrl-Z stops what runs', keys: [RUNNING, CTRL.z], after: [BEGUN], shows: /\^Z\[1\]\+ +Stopped/ },
  { name: 'bg, jobs', keys: ['bg; jobs\n'], shows: /\[1\].*\n\[1\]\+ +Running/ },
  { name: 'fg, Ctrl-C', keys: ['echo be""gun; fg\n', CTRL.c], after: [/begun\n.*\n/], shows: /\^C\n/ },
  { name: 'Ctrl-D ends input', keys: ['wc -lc\n', 'one\ntwo\n', CTRL.d], after: [/wc -lc\n/, /two\n/], shows: /\n +2 +8\n/ },
  { name: 'backspace and cursor keys', keys: [`echo abX${BACKSPACE}d${LEFT}c\n`], shows: /\nabcd\n/ },
  { name: 'Ctrl-A, Ctrl-E', keys: [`nothing${CTRL.a}echo ${CTRL.e} more\n`], shows: /\nnothing more\n/ },
  { name: 'Ctrl-W, Ctrl-U', keys: [`lost${CTRL.u}echo kept lost${CTRL.w}\n`], shows: /\nkept\n/ },
  { name: 'history', keys: ['echo again $((6 * 7))\n', `${UP}\n`], after: [/\nagain 42\nguest# $/], shows: /\nagain 42\n/ },
  { name: 'completion', keys: ['cat /proc/versi\t | head -c 13; echo\n'], shows: /\nLinux version\n/ },
  { name: 'UTF-8', keys: ['echo grüße ☃ 😀 日本語\n'], shows: /\ngrüße ☃ 😀 日本語\n/ },
  { name: 'UTF-8 in a file', keys: ['cat > /tmp/x\n', 'grüße ☃ 😀\n', CTRL.d], after: [/tmp\/x\n/, /😀\n/], shows: /guest# $/ },
  { name: '... is its bytes', keys: ['sha256sum /tmp/x\n'], shows: new RegExp(`\\n${sha256('grüße ☃ 😀\n')} `) },
  {
    name: 'a paste of 100 KB',
    keys: ['stty -echo; cat > /tmp/paste; stty echo\n', `${PASTE}${CTRL.d}`],
    after: [/paste; stty echo\n/],
    shows: /guest# $/,
  },
  { name: '... loses nothing', keys: ['sha256sum /tmp/paste\n'], shows: new RegExp(`\\n${sha256(PASTE)} `) },
];

/** From the first prompt until the guest has switched itself off. */
export async function talkToShell(dialogue: Dialogue): Promise<void> {
  assert.ok(PASTE.length >= 100_000);
  await dialogue.until(PROMPT);
  for (const { name, keys, after = [], shows } of EXCHANGES) {
    let shown = '';
    for (const [index, key] of keys.entries()) {
      if (index > 0) shown += await dialogue.until(after[index - 1]!);
      dialogue.type(key);
    }
    shown += await dialogue.until(PROMPT);
    assert.match(shown, shows, `${name}: ${JSON.stringify(shown.slice(-3000))}`);
  }
  dialogue.type('poweroff -f\n');
  await dialogue.until(/reboot: Power down/);
}
