// When V8 makes optimised code of a WebAssembly function: by default after about 70 µs of running it, which suits few large functions. Regions are many small
// ones, most of which run for less than their optimisation would take: a Linux boot spends a quarter of its time there. Measured with 1.8 M (the default), 50 M,
// 200 M, 500 M and 2 G: the boot 7.7, 7.0, 6.5, 6.3 and 6.4 CPU seconds, the benchmark's `core` 1.64, 1.58, 1.55, 1.6, 1.6.
//
// And when it makes optimised code of a JavaScript function: early by default, which suits programs that run for long. A boot is hundreds of functions that are
// optimised for a few milliseconds of use each, a sixth of its CPU time. With 68 k (the default), 528 k and 1 M on a busy machine, medians of 3 to 6 in turn: 4.09
// and 3.86; 4.33, 4.14 and 4.03; 4.57, 4.47 and 4.35.
//
// And how it gives out registers: by a quick way in functions of more than 8192 values, which the interpreter's loop is. Every variable of the loop was in memory then,
// copied there at each dispatch. In turns with the quick way: the boot 0.914 in the interpreter, 0.949 with compiled regions; the benchmark guest 1.00.
import { setFlagsFromString } from 'node:v8';

/** In bytes of code passed by, roughly. */
const TIERING_BUDGET = 500_000_000;
/** In bytes of bytecode passed by, roughly. */
const INTERRUPT_BUDGET = 528_000;

/** Of Node 20, where this was measured. Later ones may not know these flags, and say so on the error output when they are given one: they count invocations instead of
 * the interrupt budget. */
const MEASURED_V8 = '11.';

/** Before the first module is made, and before a script's code is taken from the cache: V8 keeps it for one set of flags. */
export function setV8Flags(): void {
  setFlagsFromString(`--wasm-tiering-budget=${TIERING_BUDGET}`);
  if (process.versions.v8.startsWith(MEASURED_V8)) {
    setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
    setFlagsFromString('--no-turbo-use-mid-tier-regalloc-for-huge-functions');
  }
  // Slow paths are kept out of the way of registers: `stream` 9 % faster, `core` 2 %.
  setFlagsFromString('--experimental-wasm-branch-hinting');
  // What a start compiled is still there when the code cache is made.
  setFlagsFromString('--no-flush-bytecode');
}
