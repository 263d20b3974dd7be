// Entry of the engine's worker thread (dist/engine-worker.js): a host of its own, called by messages.
import { parentPort, workerData } from 'node:worker_threads';
import type { EngineControl } from '../../machine/control/engine-control';
import { InProcessControl } from './in-process';
import { type Call, type FromWorker, sendError, type WorkerStart } from './messages';

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error('the engine worker runs as a worker thread only');
  const post = (message: FromWorker): void => port.postMessage(message);
  const { config, attention } = workerData as WorkerStart;
  let control: InProcessControl;
  try {
    control = new InProcessControl(config);
  } catch (error) {
    post({ kind: 'refused', error: sendError(error) });
    port.close();
    return;
  }
  const waiting = new Int32Array(attention);
  control.driver.attention = () => Atomics.load(waiting, 0) !== 0;
  control.driver.onFailure((error) =>
    post({ kind: 'event', event: { kind: 'lost', text: `the engine stopped: ${sendError(error).text}` } }),
  );
  control.onEvent((event) => post({ kind: 'event', event }));
  port.on('message', (call: Call) => {
    Atomics.sub(waiting, 0, 1);
    const method = (control as EngineControl)[call.method] as (...args: unknown[]) => Promise<unknown>;
    method.apply(control, call.args).then(
      (value) => post({ kind: 'result', id: call.id, value }),
      (error) => post({ kind: 'error', id: call.id, error: sendError(error) }),
    );
  });
  post({ kind: 'ready' });
}

serve();
