// npm run bench:linux [-- --runs N] [--only TEXT]: Debian's cloud kernel to power-off on this project's engine, by both tiers, and under QEMU TCG: CPU seconds of all threads and their ratios to QEMU's,
// of runs side by side in turns, and wall seconds and peak memory of each alone. Ours as after a few boots, which do not all make the same regions: with the code that it keeps, in a cache folder of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { linuxGuest } from '../guests/linux/packages';
import { vmlinuxOf } from '../guests/linux/vmlinux';
import { scratchFolder } from '../support/scratch';
import { has } from './engines';
import { inTurns } from './in-turns';
import { peakMib } from './measure';

interface Measured {
  readonly wallSeconds: number;
  readonly peakMib: number;
}

const POLL_MS = 50;
/** A guest that is not done by then hangs. */
const MOST_MS = 300_000;
/** What the comparison is of: neither measures what the other's processor would be slow at. */
const COMMAND_LINE = 'console=ttyS0 quiet cryptomgr.notests mitigations=off nokaslr';
/** By then most regions were made before. */
const BOOTS_BEFORE = 5;
/** The process that makes what is kept outlives the run. */
const MAKING_MS = 3000;
const cli = resolve(__dirname, '../../dist/cli.js');

/** Alone: wall seconds, and memory as last seen before the end. */
function measureAlone([program, ...args]: readonly string[]): Promise<Measured> {
  return new Promise((done, fail) => {
    const start = performance.now();
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: MOST_MS });
    let [peak, text] = [0, ''];
    const timer = setInterval(() => {
      peak = Math.max(peak, peakMib(child.pid!));
    }, POLL_MS);
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    child.on('error', fail);
    child.on('close', () => {
      clearInterval(timer);
      if (isWhole(text)) done({ wallSeconds: (performance.now() - start) / 1000, peakMib: peak });
      else fail(new Error(`${program}: the guest did not get to its end\n${text.slice(-1000)}`));
    });
  });
}

const isWhole = (output: string): boolean => output.includes('GUEST: DONE');

/** A shell takes the time of each: exact, and of all that it has waited for. */
const TIMED = `TIMEFORMAT='%3U %3S'; out=$1; shift; time "$@" > "$out" 2> /dev/null`;

/** CPU seconds of each, side by side. */
async function measureInTurns(commands: readonly (readonly string[])[], folder: string): Promise<number[]> {
  const outputs = commands.map((_, n) => join(folder, `output-${n}`));
  const times = await inTurns(commands.map((command, n) => ['bash', '-c', TIMED, 'bash', outputs[n]!, ...command]));
  return times.map((text, n) => {
    const found = /^([\d.]+) ([\d.]+)$/m.exec(text);
    if (!found || !isWhole(readFileSync(outputs[n]!, 'latin1')))
      throw new Error(`${commands[n]!.join(' ')}: the guest did not get to its end\n${text}`);
    return Number(found[1]) + Number(found[2]);
  });
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function main(): Promise<void> {
  const at = process.argv.indexOf('--runs');
  const runs = at < 0 ? 3 : Number(process.argv[at + 1]);
  const guest = linuxGuest();
  if (typeof guest === 'string') throw new Error(guest);
  const folder = mkdtempSync(join(scratchFolder(), 'bench-linux-'));
  const statsFile = join(folder, 'stats.json');
  const own = (tier: string, kernel: string, ...how: string[]): string[] => {
    const image = ['run', kernel, '--initrd', guest.initrd, '--append', COMMAND_LINE, ...how];
    const machine = ['--hypervisor', 'none', '--machine', 'pc', '--tier', tier];
    return ['env', `XDG_CACHE_HOME=${join(folder, 'cache')}`, process.execPath, cli, ...image, ...machine];
  };
  const qemu = (kernel: string): string[] => {
    const options = '-nodefaults -nographic -no-reboot -m 256 -accel tcg,thread=single -cpu max -serial stdio -M q35'.split(' ');
    return ['qemu-system-x86_64', ...options, '-kernel', kernel, '-initrd', guest.initrd, '-append', COMMAND_LINE];
  };
  const guests = [
    { what: 'PVH vmlinux', kernel: vmlinuxOf(guest), how: ['--boot', 'pvh'] },
    { what: 'bzImage, which unpacks itself', kernel: guest.kernel, how: ['--boot', 'linux'] },
    { what: 'bzImage, with --fast-boot here', kernel: guest.kernel, how: ['--fast-boot'] },
  ];
  const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
  console.log(`Linux ${guest.release} to power-off, 1 vCPU, machine pc (q35), no paravirtual interface, median of ${runs}`);
  for (const { what, kernel, how } of guests) {
    if (only !== undefined && !what.includes(only)) continue;
    const rows = new Map(['auto', 'interpreter'].map((tier) => [tier, own(tier, kernel, ...how)]));
    for (const command of [...rows.values()].flatMap((each) => Array.from({ length: BOOTS_BEFORE }, () => each))) {
      await measureAlone(command);
      await new Promise((done) => setTimeout(done, MAKING_MS));
    }
    if (has('qemu-system-x86_64')) rows.set('qemu-tcg', qemu(kernel));
    const alone: Measured[] = [];
    for (const command of rows.values()) alone.push(await measureAlone(command));
    // Its digest of all memory is no part of a boot.
    await measureAlone([...rows.get('auto')!, '--stats', statsFile]);
    const { instructions } = JSON.parse(readFileSync(statsFile, 'utf8')) as { instructions: number };
    const cpu: number[][] = [];
    for (let run = 0; run < runs; run++) cpu.push(await measureInTurns([...rows.values()], folder));
    console.log(`${what}: ${(instructions / 1e6).toFixed(0)} M instructions by our count`);
    console.log(`  ${''.padEnd(12)} ${['CPU s', 'of last', 'wall s', 'peak MiB'].map((title) => title.padStart(12)).join('')}`);
    for (const [n, name] of [...rows.keys()].entries()) {
      const cells = [
        median(cpu.map((each) => each[n]!)).toFixed(2),
        median(cpu.map((each) => each[n]! / each.at(-1)!)).toFixed(3),
        alone[n]!.wallSeconds.toFixed(1),
        alone[n]!.peakMib.toFixed(0),
      ];
      console.log(`  ${name.padEnd(12)} ${cells.map((cell) => cell.padStart(12)).join('')}`);
    }
  }
  if (!has('qemu-system-x86_64')) console.log('not installed: qemu-system-x86_64');
}

main().catch((error: unknown) => {
  console.error(String(error));
  process.exit(1);
});
