// A reader on another thread, while events are being recorded: no torn record, no order broken, losses counted.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import { TraceRecorder } from '../../src/trace/recorder';
import { TraceKind } from '../../src/trace/rows';

const READER = `
import { TraceReader } from ${JSON.stringify(resolve(__dirname, '../../src/trace/reader.ts'))};
import { parentPort, workerData } from 'node:worker_threads';
const reader = new TraceReader(workerData.buffer);
parentPort.postMessage('ready');
let from = 0, read = 0, bad = 0, pages = 0;
while (from < workerData.events) {
  const page = reader.page({ from, limit: 100 });
  pages++;
  for (const { seq, virtualNs, rip, fields } of page.records) {
    if (seq < from || virtualNs !== seq || rip !== BigInt(seq) || fields.value !== BigInt(seq) * 3n || fields.msr !== seq) bad++;
    from = seq + 1;
    read++;
  }
  if (page.records.length === 0) from = Math.max(from, page.first);
}
parentPort.postMessage({ read, bad, pages });
`;

describe('trace ring between threads', () => {
  it('gives whole records only', async () => {
    const events = 60_000;
    const trace = new TraceRecorder({ capacity: 256, shared: true });
    const code = buildSync({
      stdin: { contents: READER, resolveDir: __dirname },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      write: false,
    });
    const worker = new Worker(code.outputFiles[0]!.text, { eval: true, workerData: { buffer: trace.buffer, events } });
    const answer = new Promise<{ read: number; bad: number }>((done, fail) => {
      worker.on('error', fail);
      worker.on('message', (message) => {
        if (message !== 'ready') return done(message);
        for (let i = 0; i < events; i++) trace.event(TraceKind['msr-write'], 0, 0, i, 0, BigInt(i), i, BigInt(i) * 3n, 1);
      });
    });
    const { read, bad } = await answer;
    await worker.terminate();
    assert.equal(bad, 0);
    assert.ok(read >= 256 && read <= events, `${read} read`);
  });
});
