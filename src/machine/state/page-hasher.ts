// The hash of RAM's pages in WebAssembly: what Hash128.word and Hash128.words make of them, its four lanes side by side. Most of a digest's work.
import type { Code, Local } from '../../wasm/code';
import { ModuleBuilder } from '../../wasm/module';
import { PAGE_SIZE, RAM_BASE } from '../../x86/layout';
import { HASH_FACTORS, type HashLanes } from './hash';

type HashPages = (pages: number, ...lanes: HashLanes) => HashLanes;

const WASM_PAGE = 0x1_0000;
const MOST_WASM_PAGES = 0x1_0000;
/** Bytes that are looked at in one go where zeroes are looked for. */
const STRIDE = 64;

class HasherEmitter {
  private readonly pages: Local = 0;
  private readonly lanes: readonly Local[] = [1, 2, 3, 4];
  private readonly page: Local;
  private readonly at: Local;
  private readonly end: Local;
  private readonly four: Local;
  private readonly word: Local;

  constructor(private readonly f: Code) {
    this.page = f.local('i32');
    this.at = f.local('i32');
    this.end = f.local('i32');
    this.four = f.local('v128');
    this.word = f.local('v128');
  }

  emit(): void {
    const { f, page, at } = this;
    const done = f.block();
    const next = f.loop();
    f.get(page).get(this.pages).op('i32.ge_u').brIf(done);
    f.get(page).i32(PAGE_SIZE).op('i32.mul').i32(RAM_BASE).op('i32.add').tee(at).i32(PAGE_SIZE).op('i32.add').set(this.end);
    this.skipZeroes();
    f.get(at).get(this.end).op('i32.ne').if();
    this.mixNumber();
    this.stir();
    this.mixWords();
    this.stir();
    f.end();
    f.get(page).i32(1).op('i32.add').set(page).br(next);
    f.end();
    f.end();
    for (const lane of this.lanes) f.get(lane);
  }

  /** Moves `at` to what is not zero, or the page's end. */
  private skipZeroes(): void {
    const { f, at } = this;
    const found = f.block();
    const more = f.loop();
    f.get(at).simdMem('v128.load');
    for (let offset = 16; offset < STRIDE; offset += 16) f.get(at).simdMem('v128.load', offset).simd('v128.or');
    f.simd('v128.any_true').brIf(found);
    f.get(at).i32(STRIDE).op('i32.add').tee(at).get(this.end).op('i32.ne').brIf(more);
    f.end();
    f.end();
  }

  private mixNumber(): void {
    const { f } = this;
    const { first, second, step } = HASH_FACTORS;
    f.get(this.page).i32(first).op('i32.mul').i32(15).op('i32.rotl').i32(second).op('i32.mul').get(this.lanes[0]!).op('i32.xor');
    f.i32(13).op('i32.rotl').i32(5).op('i32.mul').i32(step).op('i32.add').set(this.lanes[0]!);
  }

  private mixWords(): void {
    const { f, at, four, lanes } = this;
    const { first, second, step } = HASH_FACTORS;
    const splat = (value: number): Code => f.i32(value).simd('i32x4.splat');
    f.get(this.end).i32(PAGE_SIZE).op('i32.sub').set(at);
    f.get(lanes[0]!).simd('i32x4.splat');
    for (let lane = 1; lane < 4; lane++) f.get(lanes[lane]!).simdLane('i32x4.replace_lane', lane);
    f.set(four);
    const more = f.loop();
    f.get(at).simdMem('v128.load');
    splat(first).simd('i32x4.mul');
    this.rotate(15);
    splat(second).simd('i32x4.mul').get(four).simd('v128.xor');
    this.rotate(13);
    splat(5).simd('i32x4.mul');
    splat(step).simd('i32x4.add').set(four);
    f.get(at).i32(16).op('i32.add').tee(at).get(this.end).op('i32.ne').brIf(more);
    f.end();
    for (let lane = 0; lane < 4; lane++) f.get(four).simdLane('i32x4.extract_lane', lane).set(lanes[lane]!);
  }
  /** The lanes on the stack, to the left. */
  private rotate(bits: number): void {
    const { f, word } = this;
    f.tee(word).i32(bits).simd('i32x4.shl').get(word);
    f.i32(32 - bits)
      .simd('i32x4.shr_u')
      .simd('v128.or');
  }

  private stir(): void {
    const { f, lanes } = this;
    for (const [lane, bits] of [7, 11, 17, 23].entries())
      f.get(lanes[lane]!)
        .get(lanes[(lane + 1) % 4]!)
        .i32(bits)
        .op('i32.rotl', 'i32.add')
        .set(lanes[lane]!);
  }
}

function build(shared: boolean): WebAssembly.Module {
  const module = new ModuleBuilder();
  module.importMemory('engine', 'memory', RAM_BASE / WASM_PAGE, MOST_WASM_PAGES, shared);
  const { code } = module.func(Array(5).fill('i32'), Array(4).fill('i32'), 'hashPages');
  new HasherEmitter(code).emit();
  return new WebAssembly.Module(module.build());
}

const modules = new Map<boolean, WebAssembly.Module>();

/** Of a VM's memory. */
export function pageHasher(memory: WebAssembly.Memory): HashPages {
  const shared = !(memory.buffer instanceof ArrayBuffer);
  const module = modules.get(shared) ?? build(shared);
  modules.set(shared, module);
  return new WebAssembly.Instance(module, { engine: { memory } }).exports.hashPages as unknown as HashPages;
}
