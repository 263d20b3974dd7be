// One debug adapter process: started on a private named pipe, watched, and gone when its session is.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Time the adapter has for ending by itself once its pipe is closed. */
const graceMs = 2000;
const startLimitMs = 20000;
const keptErrorOutput = 4000;

export interface AdapterEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it wrote on its error output. */
  errorOutput: string;
}

export class AdapterProcess {
  private readonly child: ChildProcess;
  private readonly folder: string | undefined;
  private errorOutput = '';
  private killed = false;
  readonly pipe: string;
  readonly ended: Promise<AdapterEnd>;

  constructor(script: string) {
    // Only its owner may enter the folder of the socket.
    this.folder = process.platform === 'win32' ? undefined : mkdtempSync(join(tmpdir(), 'hyperscope-'));
    this.pipe = this.folder ? join(this.folder, 'adapter.sock') : `\\\\.\\pipe\\hyperscope-${randomBytes(16).toString('hex')}`;
    this.child = spawn(process.execPath, [script, '--pipe', this.pipe], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errorOutput = (this.errorOutput + text).slice(-keptErrorOutput);
    });
    this.ended = new Promise((done) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        this.removeFolder();
        done({ code, signal, errorOutput: this.errorOutput.trim() });
      };
      this.child.once('close', end);
      this.child.once('error', (error) => {
        this.errorOutput += String(error);
        end(null, null);
      });
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** We killed it ourselves: its end is no accident. */
  get wasKilled(): boolean {
    return this.killed;
  }

  /** Resolves once it says that it listens; rejects when the process ends first. */
  listening(): Promise<void> {
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error('The debug adapter did not start in time.')), startLimitMs);
      this.child.stdout?.once('data', () => {
        clearTimeout(timer);
        done();
      });
      void this.ended.then((end) => {
        clearTimeout(timer);
        fail(new Error(`The debug adapter did not start (${describeEnd(end)}).`));
      });
    });
  }

  /** Lets it end by itself for a moment, then kills it. */
  stop(): void {
    this.child.stdin?.end();
    const timer = setTimeout(() => this.kill(), graceMs);
    void this.ended.then(() => clearTimeout(timer));
  }

  kill(): void {
    this.killed = true;
    this.child.kill('SIGKILL');
    this.removeFolder();
  }

  private removeFolder(): void {
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }
}

export function describeEnd({ code, signal, errorOutput }: AdapterEnd): string {
  const last = errorOutput.split('\n').find((line) => /error/i.test(line)) ?? errorOutput.split('\n').at(-1);
  return (signal ? `killed by ${signal}` : `exit status ${code ?? 'unknown'}`) + (last ? `: ${last.trim().slice(0, 200)}` : '');
}
