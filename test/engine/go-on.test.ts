// Branches to code that has no block yet go on within WebAssembly, and just as where TypeScript finds and decodes it: a program that jumps about at random over
// several pages, some of it over their ends, and changes itself.
import assert from 'node:assert/strict';
import type { CodeCache } from '../../src/engine/code-cache';
import { testSeed } from '../support/seed';
import { BareMachine } from './bare-machine';
import { snapshot } from './snapshot';

const CODE = 0x10000;
const SLOTS = 400;
/** No power of two: slots cross pages. */
const SLOT_BYTES = 61;
const EXIT = CODE + SLOTS * SLOT_BYTES;
const ROUNDS = 5000n;
/** A stop point there has TypeScript find all blocks. */
const ELSEWHERE = 0x90000;

function program(seed: number): Uint8Array {
  let x = seed;
  const below = (limit: number): number => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return (x >>> 8) % limit;
  };
  const code = new Uint8Array(SLOTS * SLOT_BYTES + 1).fill(0xcc);
  const view = new DataView(code.buffer);
  let at = 0;
  const put = (opcode: string, ...words: number[]): void => {
    const bytes = Buffer.from(opcode, 'hex');
    code.set(bytes, at);
    at += bytes.length;
    for (const word of words) {
      view.setInt32(at, word, true);
      at += 4;
    }
  };
  const branch = (opcode: string, target: number): void => put(opcode, target - (CODE + at + opcode.length / 2 + 4));
  // Mostly near, so that much of it is linked.
  const slot = (from: number): number => CODE + SLOT_BYTES * (below(4) === 0 ? below(SLOTS) : (from + SLOTS + below(40) - 20) % SLOTS);
  for (let i = 0; i < SLOTS; i++) {
    at = i * SLOT_BYTES;
    put('69db', 0x41c6_4e6d); // imul ebx,ebx,…
    put('81c3', below(0x7fff_ffff)); // add ebx,…
    put('01d8'); // add eax,ebx
    if (below(24) === 0) put('881c25', slot(i) + 8); // mov [another slot's addend],bl
    put('ffc9'); // dec ecx
    branch('0f84', EXIT);
    put('f7c3', 1 << (8 + below(20))); // test ebx,…
    branch('0f85', slot(i));
    if (below(3) === 0) {
      put('68', slot(i)); // push …; ret
      put('c3');
    } else branch('e9', slot(i));
  }
  code[SLOTS * SLOT_BYTES] = 0xf4;
  return code;
}

function run(seed: number, byTypeScript: boolean): { machine: BareMachine; added: number } {
  const machine = new BareMachine();
  const state = machine.longMode();
  machine.write(CODE, program(seed));
  state.setU64('rip', BigInt(CODE));
  state.setGpr(1, ROUNDS);
  state.setGpr(4, 0x80000n);
  if (byTypeScript) machine.engine.setStopPoints([], [ELSEWHERE]);
  const { cache } = machine.engine as unknown as { cache: CodeCache };
  const add = cache.added.bind(cache);
  let added = 0;
  cache.added = (record, second) => {
    added++;
    add(record, second);
  };
  while (machine.run(1000).kind !== 'halted') assert.ok(state.u64('retired') < 16n * ROUNDS);
  return { machine, added };
}

describe('engine: branches to code that is not known', () => {
  const seed = testSeed();
  it(`are the same by WebAssembly and by TypeScript (seed ${seed})`, () => {
    for (let n = 0; n < 4; n++) {
      const [quick, slow] = [run(seed + n, false), run(seed + n, true)];
      assert.deepEqual(snapshot(quick.machine), snapshot(slow.machine));
      const [some, others] = [quick.machine.engine.statistics(), slow.machine.engine.statistics()];
      assert.deepEqual(some, others);
      assert.equal(slow.added, others.blocksDecoded);
      assert.ok(some.blocksDecoded > 2 * SLOTS && some.codeInvalidations > 10, `${some.blocksDecoded} blocks`);
      assert.ok(quick.added < some.blocksDecoded / 2, `${quick.added} of ${some.blocksDecoded} by TypeScript`);
    }
  });
});
