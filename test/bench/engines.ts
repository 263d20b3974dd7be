// The engines that run the benchmark guest, each as a command line; a peer that is not installed is left out and named.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Engine {
  name: string;
  command: string[];
  /** Where the serial port goes when not to standard output. */
  serialFile?: string;
}

const root = resolve(__dirname, '../..');
export const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Builds the guest with the given make variables into a folder of theirs in `out`, so that no benchmark changes another's guest, and returns the image's path. */
export const buildGuest = (out: string, target: string, variables: Record<string, string> = {}): string => {
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  // Bochs takes no = in a path.
  const folder = join(out, ['guest', ...Object.entries(variables).flat()].join('-'));
  mkdirSync(folder, { recursive: true });
  execFileSync('make', ['-s', '-B', '-C', join(root, 'test/guests/bench'), `OUT=${folder}`, ...settings, join(folder, target)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return join(folder, target);
};

export const hyperscope = (image: string, tier: 'interpreter' | 'auto'): Engine => ({
  name: tier === 'auto' ? 'hyperscope' : 'hyperscope-interpreter',
  command: [process.execPath, join(root, 'dist/cli.js'), 'run', image, '--hypervisor', 'none', '--memory', '128M', '--tier', tier],
});

export const qemu = (image: string): Engine | undefined =>
  has('qemu-system-x86_64')
    ? {
        name: 'qemu-tcg',
        command: [
          ...'qemu-system-x86_64 -nodefaults -nographic -no-reboot -m 128 -accel tcg,thread=single -serial stdio'.split(' '),
          ...'-device isa-debug-exit,iobase=0xf4,iosize=4 -M microvm,acpi=off -cpu max -kernel'.split(' '),
          image,
        ],
      }
    : undefined;

/** Debian's Bochs, from a GRUB ISO; its debugger is told to continue. */
export const bochs = (out: string, iso: string): Engine | undefined => {
  const bios = '/usr/share/bochs/BIOS-bochs-latest';
  if (!has('bochs') || !has('script') || !existsSync(bios)) return undefined;
  const serialFile = join(out, 'bochs-serial');
  writeFileSync(
    join(out, 'bochsrc'),
    [
      'config_interface: textconfig',
      'megs: 128',
      `romimage: file=${bios}`,
      'vgaromimage: file=/usr/share/vgabios/vgabios.bin',
      `ata0-master: type=cdrom, path=${iso}, status=inserted`,
      'boot: cdrom',
      'display_library: term',
      `com1: enabled=1, mode=file, dev=${serialFile}`,
      'cpu: model=corei7_haswell_4770, count=1, ips=200000000, reset_on_triple_fault=0',
      'clock: sync=none',
      `log: ${join(out, 'bochs.log')}`,
      'panic: action=fatal',
      'port_e9_hack: enabled=0',
      'speaker: enabled=0',
    ].join('\n'),
  );
  writeFileSync(join(out, 'bochs-rc'), 'c\n');
  // Its text display wants a terminal: script(1) gives it one.
  const line = `TERM=xterm bochs -q -f ${join(out, 'bochsrc')} -rc ${join(out, 'bochs-rc')}`;
  return { name: 'bochs', command: ['script', '-qec', line, '/dev/null'], serialFile };
};
