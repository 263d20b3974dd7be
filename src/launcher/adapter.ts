// dist/adapter.js: the debug adapter's process.
import { runScript } from './run-script';
import { setV8Flags } from './v8-flags';

setV8Flags();
runScript('adapter-main.js', module);
