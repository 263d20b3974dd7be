// Kernels that expect a PC, through the command line: VGA text on the console, the keyboard from a script, Multiboot 2, test devices.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runGuest } from '../support/cli';
import { needs } from '../support/compiler';
import { screenGuest } from '../support/guests';

const lines = Array.from({ length: 30 }, (_, i) => `line ${i + 1}`).join('\n');
const color = ' ██ color';
const colors = `${color.repeat(8).slice(1)} ██ color\n${color.repeat(6)}`;
const pc = ['--machine', 'pc'];
const vga = [...pc, '--console-device', 'vga'];

describe('guests that expect a PC', () => {
  beforeEach(function () {
    needs(this, 'gcc', 'make');
  });

  it('VGA text is the console, line by line also when it scrolls; what is piped is typed on the keyboard', () => {
    const run = runGuest(screenGuest('screen.elf'), [...vga, '--append', 'one two'], { input: 'Hello, PC\nquit\n' });
    assert.match(run.stdout, /^╔══ screen ══╗\n/);
    assert.match(run.stdout, /command line: one two\n/);
    assert.ok(run.stdout.endsWith(`${lines}\n${colors}\n> hello, pc\nyou said hello, pc\n> quit\nbye\n`), run.stdout);
    assert.equal(run.status, 1, 'port 0xf4');
  });

  it('power-off by ACPI', () => {
    const run = runGuest(screenGuest('screen.elf'), vga, { input: 'off\n' });
    assert.equal(run.stats.exit.reason, 'power-off');
    assert.match(run.stderr, /switched itself off \(ACPI PM1 control\)/);
  });

  it('with --console-device serial the screen stays off the console', () => {
    assert.equal(runGuest(screenGuest('screen.elf'), [...pc, '--console-device', 'serial']).stdout, '');
  });

  it('keys are inputs: a recorded run replays to the bit', () => {
    const log = join(tmpdir(), `hyperscope-keys-${process.pid}.log`);
    try {
      const first = runGuest(screenGuest('screen.elf'), [...vga, '--record', log], { input: 'hi\nquit\n' });
      const second = runGuest(screenGuest('screen.elf'), [...vga, '--replay', log]);
      assert.equal(second.stdout, first.stdout);
      assert.equal(second.stats.digest, first.stats.digest);
    } finally {
      rmSync(log, { force: true });
    }
  });

  it('a framebuffer by Multiboot 2', () => {
    assert.equal(runGuest(screenGuest('framebuffer.elf'), pc).stdout, 'drawn\n');
  });

  for (const vcpus of ['1', '4'])
    it(`a test image ends by port 0xf4 with its result: --append ${vcpus} --vcpus ${vcpus}`, () => {
      const run = runGuest(screenGuest('test-devices.elf'), ['--append', vcpus, '--vcpus', vcpus]);
      assert.equal(run.stdout, 'PASS: test devices\n');
      assert.equal(run.status, 1);
    });

  it('a minimal machine says what a kernel looks for in vain', () => {
    assert.match(runGuest(screenGuest('screen.elf')).stderr, /no device at port 0x3d4 .* set machine to "pc" to have it/);
  });
});
