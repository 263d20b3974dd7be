// dist/engine-worker.js: the engine's worker thread. V8's flags are the process's.
import { runScript } from './run-script';

runScript('engine-worker-main.js', module);
