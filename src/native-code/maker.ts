// dist/native-code.js: makes the machine code of a WebAssembly module for the cache. Arguments: the module's file, and the name of what is made.
// V8's flags are set as in the process that will use it.
import { readFileSync } from 'node:fs';
import { setV8Flags } from '../launcher/v8-flags';
import { NativeStore } from './native-store';
import { compiledModule } from './v8-natives';

const [path, name] = process.argv.slice(2) as [string, string];
setV8Flags();
const bytes = new Uint8Array(readFileSync(path));
const store = new NativeStore(path);
store.save(name, bytes, compiledModule(bytes));
store.release(name);
