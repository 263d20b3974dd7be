// Charges each item of the benchmark guest with the CPU time (all threads) that its engine used since the line before: robust on a busy machine.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Engine } from './engines';

export interface Item {
  name: string;
  n: number;
  sum: string;
  cpuSeconds: number;
}

/** CPU seconds of a process and its descendants, all their threads. */
export const cpuSeconds = (pid: number): number => {
  let ns = 0;
  try {
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' '))
      if (child !== '') ns += cpuSeconds(Number(child)) * 1e9;
    for (const task of readdirSync(`/proc/${pid}/task`))
      ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return ns / 1e9;
  }
  return ns / 1e9;
};

/** Of the process alone, in MiB; 0 where it has gone. */
export const peakMib = (pid: number): number => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
};

/** For what was written to the FIFO and has not been read. */
const AFTER_EXIT_MS = 1000;

const signalTree = (pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void => {
  try {
    process.kill(pid, signal);
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' '))
      if (child !== '') signalTree(Number(child), signal);
  } catch {
    // it has gone already
  }
};
const isStopped = (pid: number): boolean => {
  try {
    return readdirSync(`/proc/${pid}/task`).every((task) => /\) [TtXZ]/.test(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')));
  } catch {
    return true;
  }
};
/** The kernel counts the time of a thread that runs at its ticks, every 4 ms, and whenever it stops: so it is stopped, which takes some 0.1 ms. */
const cpuSecondsNow = (pid: number): number => {
  signalTree(pid, 'SIGSTOP');
  for (let tries = 0; tries < 100 && !isStopped(pid); tries++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.1);
  const seconds = cpuSeconds(pid);
  signalTree(pid, 'SIGCONT');
  return seconds;
};

const killTree = (pid: number): void => {
  try {
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')) if (child !== '') killTree(Number(child));
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has gone already
  }
};

const serial = (engine: Engine, child: ChildProcess): Readable => {
  if (engine.serialFile === undefined) return child.stdout!;
  return createReadStream(engine.serialFile);
};

export interface Measured {
  readonly items: readonly Item[];
  /** Memory of the engine's process, guest RAM included. */
  readonly peakMib: number;
}

/** Runs once; `only`: stop after that item. Rejects when the guest does not get there. */
export const measure = (engine: Engine, only?: string): Promise<Measured> =>
  new Promise((done, fail) => {
    if (engine.serialFile !== undefined) {
      if (existsSync(engine.serialFile)) rmSync(engine.serialFile);
      execFileSync('mkfifo', [engine.serialFile]);
    }
    const [program, ...args] = engine.command;
    const child = spawn(program!, args, { stdio: ['ignore', engine.serialFile === undefined ? 'pipe' : 'ignore', 'ignore'] });
    const items: Item[] = [];
    let last: number | undefined;
    let text = '';
    /** When the line came that is not whole yet: its work was done before its first byte. */
    let begun: number | undefined;
    const finish = (ok: boolean) => {
      const peak = peakMib(child.pid!);
      killTree(child.pid!);
      if (ok) done({ items, peakMib: peak });
      else fail(new Error(`${engine.name}: the guest ended after ${items.length} items`));
    };
    child.on('error', fail);
    // Of one that never opened its end of the FIFO nothing else is heard.
    if (engine.serialFile !== undefined) child.on('exit', () => setTimeout(() => finish(false), AFTER_EXIT_MS));
    serial(engine, child)
      .on('data', (chunk: Buffer | string) => {
        const now = cpuSecondsNow(child.pid!);
        text += chunk.toString('latin1');
        for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
          const line = text.slice(0, end);
          text = text.slice(end + 1);
          const at = begun ?? now;
          begun = undefined;
          if (line.includes('BENCH-START')) last = now;
          const found = /BENCH (\w+) n=(\d+) sum=(\w+)/.exec(line);
          if (found && last !== undefined) {
            items.push({ name: found[1]!, n: Number(found[2]), sum: found[3]!, cpuSeconds: at - last });
            last = at;
            if (found[1] === only) finish(true);
          }
          if (line.includes('BENCH-END')) finish(true);
        }
        if (text.includes('BENCH ')) begun ??= now;
      })
      .on('end', () => finish(false));
  });
