// npm run bench:linux [-- --runs N]: Debian's cloud kernel to power-off on this project's engine and under QEMU TCG in the same run: CPU seconds of all threads,
// wall seconds, peak memory, and the guest's instructions as ours counts them.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { linuxGuest } from '../guests/linux/packages';
import { vmlinuxOf } from '../guests/linux/vmlinux';
import { scratchFolder } from '../support/scratch';
import { has } from './engines';
import { cpuSeconds } from './measure';

interface Measured {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakMib: number;
}

const POLL_MS = 50;
/** A guest that is not done by then hangs. */
const MOST_MS = 300_000;
const COMMAND_LINE = 'console=ttyS0 quiet cryptomgr.notests';
const cli = resolve(__dirname, '../../dist/cli.js');

const peakMib = (pid: number): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** CPU time and memory as last seen before the end. */
function measure([program, ...args]: readonly string[]): Promise<Measured> {
  return new Promise((done, fail) => {
    const start = performance.now();
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: MOST_MS });
    let [cpu, peak, text] = [0, 0, ''];
    const timer = setInterval(() => {
      try {
        cpu = Math.max(cpu, cpuSeconds(child.pid!));
        peak = Math.max(peak, peakMib(child.pid!));
      } catch {
        // it has ended
      }
    }, POLL_MS);
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    child.on('error', fail);
    child.on('close', () => {
      clearInterval(timer);
      if (text.includes('GUEST: DONE')) done({ cpuSeconds: cpu, wallSeconds: (performance.now() - start) / 1000, peakMib: peak });
      else fail(new Error(`${program}: the guest did not get to its end\n${text.slice(-1000)}`));
    });
  });
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function main(): Promise<void> {
  const at = process.argv.indexOf('--runs');
  const runs = at < 0 ? 3 : Number(process.argv[at + 1]);
  const guest = linuxGuest();
  if (typeof guest === 'string') throw new Error(guest);
  const statsFile = join(scratchFolder(), 'stats.json');
  const own = (kernel: string, ...how: string[]): string[] => {
    const image = ['run', kernel, '--initrd', guest.initrd, '--append', COMMAND_LINE];
    return [process.execPath, cli, ...image, '--hypervisor', 'none', '--machine', 'pc', '--stats', statsFile, ...how];
  };
  const qemu = (kernel: string): string[] => {
    const options = '-nodefaults -nographic -no-reboot -m 256 -accel tcg,thread=single -cpu max -serial stdio -M q35'.split(' ');
    return ['qemu-system-x86_64', ...options, '-kernel', kernel, '-initrd', guest.initrd, '-append', COMMAND_LINE];
  };
  const unpacked = vmlinuxOf(guest);
  const pairs = [
    { what: 'PVH vmlinux', own: own(unpacked, '--boot', 'pvh'), peer: qemu(unpacked) },
    { what: 'bzImage', own: own(guest.kernel, '--boot', 'linux'), peer: qemu(guest.kernel) },
  ];
  console.log(`Linux ${guest.release} to power-off, 1 vCPU, machine pc (q35), no paravirtual interface, median of ${runs}`);
  for (const { what, own: ours, peer } of pairs) {
    const rows: [string, string[]][] = [['hyperscope', ours], ...(has(peer[0]!) ? [['qemu-tcg', peer] as [string, string[]]] : [])];
    const results = new Map<string, Measured[]>(rows.map(([name]) => [name, []]));
    for (let run = 0; run < runs; run++) for (const [name, command] of rows) results.get(name)!.push(await measure(command));
    const { instructions } = JSON.parse(readFileSync(statsFile, 'utf8')) as { instructions: number };
    console.log(`${what}: ${(instructions / 1e6).toFixed(0)} M instructions by our count`);
    console.log(`  ${''.padEnd(12)} ${['CPU s', 'wall s', 'peak MiB'].map((title) => title.padStart(9)).join('')}`);
    for (const [name, all] of results) {
      const of = (key: keyof Measured, digits: number) =>
        median(all.map((each) => each[key]))
          .toFixed(digits)
          .padStart(9);
      console.log(`  ${name.padEnd(12)} ${of('cpuSeconds', 2)}${of('wallSeconds', 1)}${of('peakMib', 0)}`);
    }
  }
  if (!has('qemu-system-x86_64')) console.log('not installed: qemu-system-x86_64');
}

main().catch((error: unknown) => {
  console.error(String(error));
  process.exit(1);
});
