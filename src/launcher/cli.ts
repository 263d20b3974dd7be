// dist/cli.js: the command line.
import { runScript } from './run-script';
import { setV8Flags } from './v8-flags';

setV8Flags();
runScript('cli-main.js', module);
