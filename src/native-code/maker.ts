// dist/native-code.js: makes machine code of WebAssembly modules for the cache. V8's flags are set as in the process that will use it.
//   native-code.js module NAME PATH    of one module's file
//   native-code.js pack NAME FIRST     of those that were left as work, beside what the pack of that name has (FIRST: the hash of its first module)
import { readFileSync } from 'node:fs';
import { setV8Flags } from '../launcher/v8-flags';
import { NativeStore } from './native-store';
import { newPack } from './new-pack';
import { compiledModule } from './v8-natives';

const [what, name, of] = process.argv.slice(2) as [string, string, string];
setV8Flags();
const store = new NativeStore(of);
try {
  if (what === 'module') {
    const bytes = new Uint8Array(readFileSync(of));
    store.save(name, bytes, compiledModule(bytes));
  } else {
    const first = Buffer.from(of);
    store.save(name, first, newPack(store.load(first, name), store.takeWork(name)));
  }
  store.release(name);
} catch (error) {
  store.handOver(name, undefined);
  throw error;
}
