// npm run bench:symbols: questions about Debian's vmlinux with debug information, asked of this project's symbol reader and of gdb in the same run; each question
// in a process of its own: CPU seconds, wall seconds and peak memory. Both twice: without and with the index on disk (gdb: its index-cache). Fails where a limit is not held.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { buildSync } from 'esbuild';
import { linuxDebug } from '../guests/linux/packages';
import { scratchFolder } from '../support/scratch';
import { has } from './engines';

interface Question {
  readonly what: string;
  readonly kind: 'function' | 'line' | 'type' | 'global';
  readonly subject: string;
  readonly gdb: readonly string[];
  /** Of gdb's CPU time and memory, cold; 1 where nothing is said, and with the indexes of both. */
  readonly mostOfGdb?: number;
  /** CPU seconds with the index on disk. */
  readonly mostIndexedSeconds?: number;
}

interface Measured {
  readonly answer: string;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakMib: number;
}

const QUESTIONS: readonly Question[] = [
  {
    what: 'start: breakpoint and line of start_kernel',
    kind: 'function',
    subject: 'start_kernel',
    gdb: ['break start_kernel', 'info line start_kernel'],
    mostOfGdb: 0.5,
    mostIndexedSeconds: 0.5,
  },
  {
    what: 'struct task_struct opened',
    kind: 'type',
    subject: 'struct task_struct',
    gdb: ['ptype struct task_struct'],
    mostIndexedSeconds: 2,
  },
  { what: 'a type of another unit', kind: 'type', subject: 'struct ext4_sb_info', gdb: ['ptype struct ext4_sb_info'] },
  { what: 'a global', kind: 'global', subject: 'init_task', gdb: ['whatis init_task'] },
  { what: 'a line of a source file', kind: 'line', subject: 'kernel/fork.c:2700', gdb: ['break kernel/fork.c:2700'] },
  { what: 'a line of a header', kind: 'line', subject: 'include/linux/list.h:72', gdb: ['break include/linux/list.h:72'] },
  { what: 'an inlined function', kind: 'function', subject: 'get_page', gdb: ['break get_page'] },
  { what: 'one inlined everywhere', kind: 'function', subject: 'list_add', gdb: ['break list_add'] },
];

const USAGE = 'python import resource; u = resource.getrusage(resource.RUSAGE_SELF); print("USAGE", u.ru_utime + u.ru_stime, u.ru_maxrss)';
const MOST_MS = 600_000;

function timed(program: string, args: readonly string[]): { text: string; wallSeconds: number } {
  const start = performance.now();
  const text = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: MOST_MS, maxBuffer: 2 ** 28 });
  return { text, wallSeconds: (performance.now() - start) / 1000 };
}

function ours(query: string, vmlinux: string, cache: string, { kind, subject }: Question): Measured {
  const { text, wallSeconds } = timed(process.execPath, [query, vmlinux, cache, kind, subject]);
  return { ...(JSON.parse(text) as Omit<Measured, 'wallSeconds'>), wallSeconds };
}

function gdb(vmlinux: string, cache: string | undefined, commands: readonly string[]): Measured {
  const settings = cache === undefined ? [] : [`set index-cache directory ${cache}`, 'set index-cache enabled on'];
  const index = settings.flatMap((each) => ['-iex', each]);
  const { text, wallSeconds } = timed('gdb', [
    '-nx',
    '-batch',
    ...index,
    ...[...commands, USAGE].flatMap((each) => ['-ex', each]),
    vmlinux,
  ]);
  const [, cpu, peak] = /USAGE (\S+) (\d+)/.exec(text) ?? [];
  return { answer: /\((\d+) locations\)/.exec(text)?.[0] ?? '', cpuSeconds: Number(cpu), wallSeconds, peakMib: Number(peak) / 1024 };
}

const row = (label: string, { cpuSeconds, wallSeconds, peakMib, answer }: Measured): string =>
  `  ${label.padEnd(14)} CPU ${cpuSeconds.toFixed(2).padStart(6)} s  wall ${wallSeconds.toFixed(2).padStart(6)} s  peak ${peakMib.toFixed(0).padStart(5)} MiB  ${answer}`;

/** The limits that the figures do not keep. */
function broken({ mostOfGdb = 1, mostIndexedSeconds }: Question, measured: Readonly<Record<string, Measured>>): string[] {
  const texts: string[] = [];
  for (const how of ['cold', 'indexed']) {
    const [own, peer] = [measured[`ours, ${how}`], measured[`gdb, ${how}`]];
    if (!own || !peer) continue;
    const ratios = { 'CPU time': own.cpuSeconds / peer.cpuSeconds, memory: own.peakMib / peer.peakMib };
    const most = how === 'cold' ? mostOfGdb : 1;
    for (const [what, ratio] of Object.entries(ratios))
      if (ratio > most) texts.push(`${how}: ${what} is ${ratio.toFixed(2)} of gdb's, at most ${most}`);
  }
  const indexed = measured['ours, indexed']?.cpuSeconds ?? 0;
  if (mostIndexedSeconds !== undefined && indexed > mostIndexedSeconds)
    texts.push(`indexed: ${indexed.toFixed(2)} s of CPU time, at most ${mostIndexedSeconds}`);
  return texts;
}

function main(output: string | undefined): number {
  const debug = linuxDebug();
  if (typeof debug === 'string') {
    console.log(`not run: ${debug}`);
    return 1;
  }
  const folder = scratchFolder();
  const query = join(folder, 'query.js');
  buildSync({ entryPoints: [join(__dirname, 'symbols-query.ts')], bundle: true, platform: 'node', outfile: query, logLevel: 'error' });
  const withGdb = has('gdb');
  const gdbCache = scratchFolder();
  if (withGdb) gdb(debug.vmlinux, gdbCache, []);
  const report: Record<string, Record<string, Measured>> = {};
  let failed = 0;
  for (const question of QUESTIONS) {
    const cache = scratchFolder();
    const measured: Record<string, Measured> = {
      'ours, cold': ours(query, debug.vmlinux, cache, question),
      'ours, indexed': ours(query, debug.vmlinux, cache, question),
      ...(withGdb && {
        'gdb, cold': gdb(debug.vmlinux, undefined, question.gdb),
        'gdb, indexed': gdb(debug.vmlinux, gdbCache, question.gdb),
      }),
    };
    report[question.what] = measured;
    console.log(question.what);
    for (const [label, each] of Object.entries(measured)) console.log(row(label, each));
    for (const text of broken(question, measured)) {
      console.log(`  NOT HELD: ${text}`);
      failed++;
    }
  }
  if (!withGdb) console.log('gdb is not installed: ours alone');
  if (output !== undefined) writeFileSync(output, JSON.stringify(report, undefined, 1));
  return failed === 0 ? 0 : 1;
}

process.exitCode = main(process.argv[2]);
