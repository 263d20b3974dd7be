// Writes the events of a list into a file, piece by piece: CSV (RFC 4180), one JSON object a line in an array, or Chrome's trace format.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { TraceFormat, TraceRow } from '../protocol/requests';
import { hypercallRow, pvMsrRow } from '../pv/rows';
import { ChromeTraceWriter } from '../trace/chrome-trace';
import type { TraceEvent } from '../trace/reader';
import type { TraceIndex } from './trace-index';
import { traceRow } from './trace-row';

interface EventWriter {
  event(event: TraceEvent): void;
  end(): void;
}
type Write = (text: string) => void;

const csvColumns = ['seq', 'time_ns', 'vcpu', 'kind', 'event', 'arguments', 'result', 'latency_ns', 'rip', 'from'] as const;
const csvCell = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const csvLine = (row: TraceRow, from: string): string =>
  [row.seq, row.virtualNs, row.vcpu, row.kind, row.name, row.args, row.result, row.durationNs, row.rip, from].map(csvCell).join(',');

const writers: Record<TraceFormat, (write: Write, describe: (rip: bigint) => string) => EventWriter> = {
  csv: (write, describe) => {
    write(`${csvColumns.join(',')}\r\n`);
    return { event: (event) => write(`${csvLine(traceRow(event), describe(event.rip))}\r\n`), end: () => {} };
  },
  json: (write, describe) => {
    let separator = '[\n';
    return {
      event: (event) => {
        write(`${separator}${JSON.stringify({ ...traceRow(event), from: describe(event.rip) })}`);
        separator = ',\n';
      },
      end: () => write(separator === '[\n' ? '[]\n' : '\n]\n'),
    };
  },
  chrome: (write) => {
    const writer = new ChromeTraceWriter({
      write,
      hypercallName: (of, nr) => hypercallRow(of, nr)?.name,
      msrName: (index) => pvMsrRow(index)?.row.name,
    });
    return { event: (event) => writer.event(event), end: () => writer.end() };
  },
};

/** Written at a time; the file's stream says when it wants no more. */
const PIECE = 1 << 16;

/** How many events were written. Rejects where the file cannot be written. */
export async function exportTrace(
  index: TraceIndex,
  format: TraceFormat,
  path: string,
  describe: (rip: bigint) => string,
): Promise<number> {
  const file = createWriteStream(path);
  const failure = new Promise<never>((_done, fail) => file.once('error', fail));
  failure.catch(() => {});
  const reaches = (event: 'open' | 'drain' | 'finish') => Promise.race([once(file, event), failure]);
  let piece = '';
  const places = new Map<bigint, string>();
  const placeOf = (rip: bigint): string => {
    const place = places.get(rip) ?? describe(rip);
    places.set(rip, place);
    return place;
  };
  await reaches('open');
  const writer = writers[format]((text) => {
    piece += text;
  }, placeOf);
  const flush = async (): Promise<void> => {
    const full = !file.write(piece);
    piece = '';
    if (full) await reaches('drain');
  };
  let written = 0;
  for (let row = index.firstRow, end = index.endRow; row < end; row++) {
    const seq = index.seqOf(row);
    const event = seq === undefined ? undefined : index.reader.at(seq);
    if (event === undefined) continue;
    writer.event(event);
    written++;
    if (piece.length >= PIECE) await flush();
  }
  writer.end();
  await flush();
  file.end();
  await reaches('finish');
  return written;
}
