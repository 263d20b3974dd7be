// V8's functions for its own tests that give out, and take in, the machine code of a WebAssembly module: Chromium keeps compiled modules by the same code, but Node has no door to it.
// They check their arguments by ending the process, so nothing else than what stands here calls them. Source: V8, src/runtime/runtime-test-wasm.cc.
import { setFlagsFromString } from 'node:v8';

/** Where they were tried: Node 20, 22 and 24. */
const KNOWN_V8 = /^1[123]\./;
const FLAG = 'allow-natives-syntax';
/** All functions are optimised before the module is there; usually V8 waits for the first call, and then for the hundredth. */
const AT_ONCE = ['liftoff', 'wasm-lazy-compilation', 'wasm-dynamic-tiering'];

export const hasNatives = KNOWN_V8.test(process.versions.v8);

/** A function that is parsed when it is called first: all within the flag, which is one of those that code is kept for. */
function native<Result>(call: string, parameters: readonly string[], ...values: readonly unknown[]): Result {
  setFlagsFromString(`--${FLAG}`);
  try {
    return new Function(...parameters, `return %${call}(${parameters.join()})`)(...values) as Result;
  } finally {
    setFlagsFromString(`--no-${FLAG}`);
  }
}

/** Whether accesses beyond a memory's end are found by the host's page faults: code made so is not safe where they are not. */
export const hasTrapHandler = (): boolean => native<boolean>('IsWasmTrapHandlerEnabled', []);

let works: boolean | undefined;
/** Not where V8's flags cannot be changed any more, or text cannot be made code. */
export function usesNatives(): boolean {
  if (!hasNatives || process.env.HYPERSCOPE_CODE_CACHE === 'off') return false;
  try {
    works ??= typeof hasTrapHandler() === 'boolean';
  } catch {
    works = false;
  }
  return works;
}

/** A module with all of its functions optimised: a second or less of CPU time. Ends the process where V8 has not optimised any. */
export function compiledModule(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  for (const flag of AT_ONCE) setFlagsFromString(`--no-${flag}`);
  const module = new WebAssembly.Module(bytes);
  // V8 keeps code for one set of flags.
  for (const flag of AT_ONCE) setFlagsFromString(`--${flag}`);
  return new Uint8Array(native<ArrayBuffer>('SerializeWasmModule', ['module'], module));
}

/** undefined: made by another V8, by other flags, or on another processor. `code` must be what `compiledModule` gave for `bytes`: V8 believes it. */
export function moduleOf(code: Uint8Array, bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module | undefined {
  const alone = new Uint8Array(code).buffer;
  return native<WebAssembly.Module | undefined>('DeserializeWasmModule', ['code', 'bytes'], alone, bytes);
}
