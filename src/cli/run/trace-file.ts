// --trace: every event of a run into a Chrome trace file. The engine waits for the writing, so nothing is lost.
import { hypercallRow, pvMsrRow } from '../../pv/rows';
import { ChromeTraceWriter } from '../../trace/chrome-trace';
import type { TraceRecorder } from '../../trace/recorder';
import { OutputFile } from '../files/output-file';

export class TraceFile {
  private readonly file: OutputFile;
  private readonly writer: ChromeTraceWriter;

  constructor(path: string) {
    this.file = new OutputFile('the trace', path);
    this.writer = new ChromeTraceWriter({
      write: (text) => this.file.write(text),
      hypercallName: (interfaceName, nr) => hypercallRow(interfaceName, nr)?.name,
      msrName: (index) => pvMsrRow(index)?.row.name,
    });
  }

  /** What is in the ring already (power-on), then everything that follows. */
  follow(recorder: TraceRecorder): void {
    for (const event of recorder.page({ from: 0, limit: Number.MAX_SAFE_INTEGER }).records) this.writer.event(event);
    recorder.addSink((_kind, event) => this.writer.event(event()));
  }

  end(virtualNs: number): void {
    this.writer.end(virtualNs);
    this.file.close();
  }
}
