// The engines that a guest test runs on, each as a command; what the guest says on its serial port is the result.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hasTool } from '../../support/compiler';
import { systemGuest } from '../../support/guests';
import { testOut } from '../../support/out';
import type { Topic } from './topics';

export const ENGINE_NAMES = ['hyperscope', 'qemu', 'bochs'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

const root = resolve(__dirname, '../../..');
const out = testOut('guests/system');
const BOCHS_BIOS = '/usr/share/bochs/BIOS-bochs-latest';
const TIMEOUT_MS: Readonly<Record<EngineName, number>> = { hyperscope: 240_000, qemu: 30_000, bochs: 90_000 };

/** What an engine needs and is not there; undefined: it can run. */
export function missing(engine: EngineName): string | undefined {
  if (engine === 'qemu') return hasTool('qemu-system-x86_64') ? undefined : 'qemu-system-x86_64';
  if (engine !== 'bochs') return existsSync(join(root, 'dist/cli.js')) ? undefined : 'dist/cli.js (npm run build)';
  if (!existsSync(BOCHS_BIOS)) return BOCHS_BIOS;
  return ['bochs', 'script', 'grub-mkrescue', 'xorriso'].find((tool) => !hasTool(tool));
}

/** Debian's Bochs from a GRUB ISO, as in test/bench; its debugger is told to continue. */
function bochsCommand(topic: Topic, serialFile: string): string[] {
  const rc = join(out, `${topic.name}.bochsrc`);
  const settings = [
    'config_interface: textconfig',
    'megs: 128',
    `romimage: file=${BOCHS_BIOS}`,
    'vgaromimage: file=/usr/share/vgabios/vgabios.bin',
    `ata0-master: type=cdrom, path=${systemGuest(topic.name, 'iso')}, status=inserted`,
    'boot: cdrom',
    'display_library: term',
    `com1: enabled=1, mode=file, dev=${serialFile}`,
    `cpu: model=corei7_haswell_4770, count=${topic.vcpus}, ips=200000000, reset_on_triple_fault=0, ignore_bad_msrs=0`,
    'clock: sync=none',
    `log: ${join(out, `${topic.name}.bochs.log`)}`,
    'panic: action=fatal',
    'speaker: enabled=0',
  ];
  writeFileSync(rc, settings.join('\n'));
  writeFileSync(`${rc}.commands`, 'c\n');
  return ['script', '-qec', `TERM=xterm bochs -q -f ${rc} -rc ${rc}.commands`, '/dev/null'];
}

function command(engine: EngineName, topic: Topic, serialFile: string): string[] {
  if (engine === 'bochs') return bochsCommand(topic, serialFile);
  const image = systemGuest(topic.name, 'mb');
  if (engine === 'hyperscope') {
    const settings = ['--hypervisor', 'none', '--vcpus', `${topic.vcpus}`, ...topic.options];
    return [process.execPath, join(root, 'dist/cli.js'), 'run', image, ...settings];
  }
  const machine = '-nodefaults -display none -no-reboot -m 128 -accel tcg -cpu max -serial stdio';
  const exit = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];
  return ['qemu-system-x86_64', ...machine.split(' '), '-smp', `${topic.vcpus}`, ...exit, '-kernel', image];
}

/** The text of the guest's serial port, and how the run ended where that is not by the guest. */
export function runTopic(engine: EngineName, topic: Topic): Promise<{ text: string; note: string }> {
  const serialFile = join(out, `${topic.name}.bochs.serial`);
  rmSync(serialFile, { force: true });
  const [program, ...args] = command(engine, topic, serialFile) as [string, ...string[]];
  return new Promise((done, fail) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let said = '';
    let note = '';
    child.stdout.on('data', (bytes: Buffer) => {
      if (engine !== 'bochs') text += bytes.toString('latin1');
    });
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    const timer = setTimeout(() => {
      note = `no end within ${TIMEOUT_MS[engine] / 1000} s`;
      child.kill('SIGKILL');
    }, TIMEOUT_MS[engine]);
    child.on('error', fail);
    child.on('close', () => {
      clearTimeout(timer);
      if (engine === 'bochs' && existsSync(serialFile)) text = readFileSync(serialFile, 'latin1');
      done({ text: text.replaceAll('\r', ''), note: note || said.trim().split('\n').at(-1) || '' });
    });
  });
}
