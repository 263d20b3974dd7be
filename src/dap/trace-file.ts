// traceFile: every event of the session in a Chrome trace file, taken from the ring while the guest runs; the run waits for it, so that nothing is lost.
import { closeSync, openSync, writeSync } from 'node:fs';
import type { MachineControl } from '../machine/control/control';
import { hypercallRow, pvMsrRow } from '../pv/rows';
import { ChromeTraceWriter } from '../trace/chrome-trace';
import { dapErrors } from './errors';
import { reasonOf } from './launch/host-config';

const INTERVAL_MS = 20;
const PAGE = 8000;

export class TraceFile {
  private readonly descriptor: number;
  private readonly writer: ChromeTraceWriter;
  private readonly timer: NodeJS.Timeout;
  private work: Promise<void> = Promise.resolve();
  private next = 0;
  private lastNs = 0;
  private failed = false;

  constructor(
    path: string,
    private readonly control: MachineControl,
    private readonly onFailure: (reason: string) => void,
  ) {
    try {
      this.descriptor = openSync(path, 'w');
    } catch (error) {
      throw dapErrors.unwritable('traceFile', path, reasonOf(error));
    }
    this.writer = new ChromeTraceWriter({
      write: (text) => void writeSync(this.descriptor, text),
      hypercallName: (of, nr) => hypercallRow(of, nr)?.name,
      msrName: (index) => pvMsrRow(index)?.row.name,
    });
    this.timer = setInterval(() => void this.pull(), INTERVAL_MS);
    this.timer.unref();
    void this.pull();
  }

  /** Writes what is left. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.pull();
    this.writer.end(this.lastNs);
    closeSync(this.descriptor);
  }

  private pull(): Promise<void> {
    this.work = this.work.then(() => this.copy()).catch((error: unknown) => this.giveUp(error));
    return this.work;
  }

  /** A full disk, say: the guest goes on without. */
  private async giveUp(error: unknown): Promise<void> {
    clearInterval(this.timer);
    if (this.failed) return;
    this.failed = true;
    this.onFailure(reasonOf(error));
    await this.control.trace({ from: 0, limit: 0, keep: false }).catch(() => undefined);
  }

  private async copy(): Promise<void> {
    while (!this.failed) {
      const page = await this.control.trace({ from: this.next, limit: PAGE, keep: true });
      for (const record of page.records) {
        this.writer.event(record);
        this.lastNs = Math.max(this.lastNs, record.virtualNs);
      }
      this.next = page.records.length < PAGE ? Math.max(page.end, this.next) : (page.records.at(-1)?.seq ?? this.next) + 1;
      if (page.records.length < PAGE) return;
    }
  }
}
