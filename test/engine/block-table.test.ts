// Blocks by place and frame, against what a map says: blocks that share their places in the hash, frames whose blocks die, others that end there.
import assert from 'node:assert/strict';
import { CodeCache } from '../../src/engine/code-cache';
import type { Immediates } from '../../src/engine/immediates';
import type { InterpreterExports } from '../../src/engine/interpreter';
import { MonitoredLines } from '../../src/engine/monitored-lines';
import { R, RECORD_SIZE } from '../../src/engine/record';
import { EngineMemory } from '../../src/engine/vm-memory';
import { RAM_BASE } from '../../src/x86/layout';
import { testSeed } from '../support/seed';
import { interpreterModule } from './interpreter-module';

const RAM = 4 << 20;
/** Their places differ in bits that the hash folds onto each other. */
const FRAMES = [0, 1, 16, 17, 0x111, 0x3f0];
const MODES = [0x13, 0x33];
const BYTES = 100;

interface Known {
  record: number;
  physical: number;
  mode: number;
  frames: number[];
}

class Bench {
  readonly memory = new EngineMemory(RAM, RAM, false);
  readonly cache: CodeCache;
  private readonly addBlock: InterpreterExports['addBlock'];

  constructor() {
    const { memory } = this;
    const module = interpreterModule(false);
    const functions = Object.fromEntries(WebAssembly.Module.imports(module).map(({ name }) => [name, () => 0]));
    const { exports } = new WebAssembly.Instance(module, { engine: { ...functions, memory: memory.wasm } as never });
    this.addBlock = (exports as unknown as InterpreterExports).addBlock;
    const lines = new MonitoredLines(memory, () => []);
    const nothing = (): void => {};
    this.cache = new CodeCache(memory, nothing, nothing, lines, undefined as unknown as Immediates);
  }

  add(physical: number, mode: number, count: number, second: number): number {
    const record = this.cache.allocate(count)!;
    const end = record + count * RECORD_SIZE;
    this.memory.u8.fill(0, record, end);
    for (let k = 0; k < count; k++) this.memory.u8[record + k * RECORD_SIZE + R.k] = k;
    this.addBlock(record - RECORD_SIZE, end, count, physical, mode, Math.min(BYTES, 4096 - (physical & 4095)));
    this.cache.added(record, second);
    return record;
  }
}

describe('engine: table of blocks', () => {
  const seed = testSeed();
  it(`finds what is alive and nothing else (seed ${seed})`, () => {
    let x = seed;
    const below = (limit: number): number => {
      x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
      return (x >>> 8) % limit;
    };
    const bench = new Bench();
    const { cache } = bench;
    const alive = new Map<string, Known>();
    const frameAt = (i: number): number => (RAM_BASE >>> 12) + FRAMES[i]!;
    let died = 0;
    for (let n = 0; n < 6000; n++) {
      const from = below(FRAMES.length);
      const mode = MODES[below(2)]!;
      const crosses = below(8) === 0;
      const physical = frameAt(from) * 4096 + (crosses ? 4090 : 16 * (FRAMES[from]! & 15) + below(24));
      const known = alive.get(`${physical} ${mode}`);
      const found = cache.find(physical, mode);
      assert.equal(found, known?.record ?? 0);
      if (!known) {
        const other = crosses ? frameAt(below(FRAMES.length)) : -1;
        const frames = crosses ? [frameAt(from), other] : [frameAt(from)];
        const record = bench.add(physical, mode, 1 + below(5), crosses ? other * 4096 : -1);
        alive.set(`${physical} ${mode}`, { record, physical, mode, frames });
        const block = cache.blockOf(record);
        assert.deepEqual([block.record, block.physical, block.mode, block.valid], [record, physical, mode, true]);
        assert.equal(block.secondPage, crosses ? other * 4096 : -1);
      }
      if (below(20) === 0) {
        const frame = frameAt(below(FRAMES.length));
        cache.forgetFrame(frame);
        assert.ok(!cache.touchesCode(frame * 4096, 1));
        for (const [key, { record, frames }] of alive) {
          if (!frames.includes(frame)) continue;
          alive.delete(key);
          died++;
          assert.equal(cache.blockOf(record).valid, false);
        }
      }
      if (below(1500) === 0) {
        cache.flush();
        alive.clear();
        assert.equal(cache.size, 0);
      }
    }
    for (const { physical, mode, record, frames } of alive.values()) {
      assert.equal(cache.peek(physical, mode)?.record, record);
      assert.equal(cache.blockOf(cache.blockOf(record).end - RECORD_SIZE).physical, physical);
      for (const frame of frames) assert.ok(cache.hasCode(frame * 4096));
      assert.ok(cache.touchesCode(physical, 1) && (frames.length === 1 || cache.touchesCode(frames[1]! * 4096, 1)));
    }
    const listed: number[] = [];
    cache.table.forEachAlive((header) => listed.push(header + RECORD_SIZE));
    assert.deepEqual(
      listed,
      [...alive.values()].map(({ record }) => record).sort((a, b) => a - b),
    );
    assert.ok(died > 500, `${died} died`);
  });
});
