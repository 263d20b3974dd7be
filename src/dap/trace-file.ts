// traceFile: every event of the session in a Chrome trace file, taken from the ring while the guest runs.
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
  private dropped = 0;
  private lastNs = 0;

  constructor(
    path: string,
    private readonly control: MachineControl,
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
  }

  /** Writes what is left; how many events were lost. */
  async end(): Promise<number> {
    clearInterval(this.timer);
    await this.pull();
    this.writer.end(this.lastNs);
    closeSync(this.descriptor);
    return this.dropped;
  }

  private pull(): Promise<void> {
    this.work = this.work.then(() => this.copy()).catch(() => undefined);
    return this.work;
  }

  private async copy(): Promise<void> {
    for (;;) {
      const page = await this.control.trace({ from: this.next, limit: PAGE });
      if (page.first > this.next) this.dropped += page.first - this.next;
      for (const record of page.records) {
        this.writer.event(record);
        this.lastNs = Math.max(this.lastNs, record.virtualNs);
      }
      this.next = page.records.length < PAGE ? Math.max(page.end, this.next) : (page.records.at(-1)?.seq ?? this.next) + 1;
      if (page.records.length < PAGE) return;
    }
  }
}
