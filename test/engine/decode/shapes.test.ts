// The decoder in WebAssembly gives the records that TypeScript gives, bit for bit: code of random instructions, decoded again and again until its shapes are known.
import assert from 'node:assert/strict';
import { BlockBuilder } from '../../../src/engine/block-builder';
import { CodeCache } from '../../../src/engine/code-cache';
import { Came } from '../../../src/engine/decode/layout';
import { Immediates } from '../../../src/engine/immediates';
import type { InterpreterExports } from '../../../src/engine/interpreter';
import { MonitoredLines } from '../../../src/engine/monitored-lines';
import { PackedCatalogue } from '../../../src/engine/packed-catalogue';
import { EngineMemory } from '../../../src/engine/vm-memory';
import { Decoder } from '../../../src/x86/decode/decoder';
import { INSN_ROWS } from '../../../src/x86/insn/rows';
import { ModeBit, RAM_BASE } from '../../../src/x86/layout';
import { testSeed } from '../../support/seed';
import { interpreterModule } from '../interpreter-module';

const RAM = 1 << 20;
const MODE = ModeBit.code64 | ModeBit.flat | ModeBit.longMode | ModeBit.protectedMode;

function numbers(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return (x >>> 8) % below;
  };
}

/** A memory with a block builder, which decodes in WebAssembly what it can, or not. */
class Bench {
  readonly memory = new EngineMemory(RAM, RAM, false);
  readonly builder: BlockBuilder;
  private readonly cache: CodeCache;
  /** Instructions that were decoded in WebAssembly. */
  quick = 0;

  constructor(isQuick: boolean) {
    const { memory } = this;
    const module = interpreterModule(false);
    const catalogue = new PackedCatalogue(module, INSN_ROWS);
    const decoder = new Decoder(INSN_ROWS, catalogue.places);
    const functions = Object.fromEntries(WebAssembly.Module.imports(module).map(({ name }) => [name, () => 0]));
    const { exports } = new WebAssembly.Instance(module, { engine: { ...functions, memory: memory.wasm } as never });
    const { decode, finishBlock, addBlock } = exports as unknown as InterpreterExports;
    const immediates = new Immediates(memory, catalogue, decoder);
    this.cache = new CodeCache(
      memory,
      () => {},
      () => {},
      new MonitoredLines(memory, () => []),
      immediates,
    );
    this.builder = new BlockBuilder(memory, this.cache, catalogue, decoder, {
      secondPage: () => -1,
      mayStop: () => false,
      mayStopIn: () => !isQuick,
      observes: () => false,
      observesAny: () => false,
      unitFault: () => undefined,
      decode: (...run) => {
        const end = decode(...run);
        this.quick += memory.u32[Came.count >> 2]! - run[3];
        return end;
      },
      finishBlock,
      addBlock,
    });
  }

  /** The records of a block. */
  block(place: number): string {
    const built = this.builder.build(RAM_BASE + place, MODE);
    if (built === 0) return '0 instructions';
    const { record, end, count } = this.cache.blockOf(built);
    const bytes = Buffer.from(this.memory.u8.subarray(record, end)).toString('hex').replace(/.{64}/g, '$&\n');
    return `${count} instructions\n${bytes}`;
  }
}

describe('engine: decoder in WebAssembly', () => {
  const seed = testSeed();
  it(`gives the records that the block builder gives (seed ${seed})`, () => {
    const below = numbers(seed);
    const [quick, slow] = [new Bench(true), new Bench(false)];
    const code = new Uint8Array(RAM);
    // Half of the bytes are usual ones: prefixes, escapes, moves, arithmetic and branches.
    const usual = [
      0x48, 0x4c, 0x41, 0x44, 0x66, 0x66, 0x0f, 0x0f, 0x0f, 0x65, 0xf0, 0xf3, 0xf2, 0x2e, 0x67, 0x8b, 0x89, 0x8d, 0x83, 0x81, 0x05, 0xc7,
      0xb8, 0x74, 0xe8, 0xab, 0xa4,
    ];
    for (let i = 0; i < RAM; i++) code[i] = below(2) === 0 ? usual[below(usual.length)]! : below(256);
    for (const bench of [quick, slow]) bench.memory.u8.set(code, RAM_BASE);
    let instructions = 0;
    for (let n = 0; n < 12_000; n++) {
      const place = n % 50 === 0 ? 4096 * (below(255) + 1) - 1 - below(40) : below(RAM);
      const wanted = slow.block(place);
      instructions += Number.parseInt(wanted, 10);
      assert.equal(quick.block(place), wanted, `block at ${place}`);
    }
    assert.equal(slow.quick, 0);
    assert.ok(quick.quick > instructions / 3, `${quick.quick} of ${instructions} instructions were decoded in WebAssembly`);
  });

  it('decodes to the end of a page, and of the memory but for its last bytes', () => {
    const bench = new Bench(true);
    // NOPs, and in the second page one that goes on in the third.
    bench.memory.u8.fill(0x90, RAM_BASE, RAM_BASE + RAM);
    bench.memory.u8.set([0x48, 0x89, 0xd8], RAM_BASE + 4096);
    bench.memory.u8.set([0x48, 0x89, 0xd8], RAM_BASE + 2 * 4096 - 2);
    bench.block(4096);
    const quickOf = (place: number): number => {
      const before = bench.quick;
      assert.match(bench.block(place), /^20 instructions/);
      return bench.quick - before;
    };
    assert.equal(quickOf(4096 - 20), 20);
    assert.equal(quickOf(2 * 4096 - 22), 20);
    assert.equal(quickOf(RAM - 20), 0);
  });
});
