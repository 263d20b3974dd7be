// The page walker in WebAssembly beside the one in TypeScript: random tables, modes and accesses; equal TLB entries, fast tags, tables and counts, or the walker
// gives up and has changed nothing that the other would not change. The debugger's walk comes to the same frames.
import assert from 'node:assert/strict';
import { DataBreakpoints } from '../../src/engine/data-breakpoints';
import { Mmu } from '../../src/engine/mmu';
import { buildPageWalker } from '../../src/engine/page-walker';
import { peekTranslate } from '../../src/engine/peek';
import { TLB_STRIDE } from '../../src/engine/record';
import { VcpuTlb } from '../../src/engine/tlb';
import { CODE_FRAMES, RUNNING_TLB, type WantKind } from '../../src/engine/tlb-layout';
import { EngineMemory } from '../../src/engine/vm-memory';
import { QuickWalkEmitter } from '../../src/engine/walk/quick-walk';
import { Watchpoints } from '../../src/engine/watchpoints';
import { ModuleBuilder } from '../../src/wasm/module';
import { FrameKind, ModeBit, PAGE_SIZE, RAM_BASE, S, STATE } from '../../src/x86/layout';
import { VcpuState } from '../../src/x86/vcpu-state';
import { testSeed } from '../support/seed';

const FRAMES = 32;
const CASES = 3000;

/** xorshift32 */
class Random {
  constructor(private state: number) {}
  next(below: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % below;
  }
  chance(percent: number): boolean {
    return this.next(100) < percent;
  }
}

class Bench {
  readonly memory = new EngineMemory(FRAMES * PAGE_SIZE, FRAMES * PAGE_SIZE, false);
  private readonly hasCode = (offset: number): boolean => this.memory.u8[CODE_FRAMES + (offset >>> 12)] !== 0;
  readonly tlb = new VcpuTlb(this.memory, 0, this.hasCode, new DataBreakpoints(), new Watchpoints(this.memory), { isOpen: () => true });
  readonly mmu = new Mmu(this.memory, () => {}, true);
  readonly walk: NonNullable<Mmu['fast']>;
  /** Walks that WebAssembly did, and those of them that it did in straight code. */
  done = 0;
  quick = 0;

  constructor(private readonly random: Random) {
    const module = new ModuleBuilder();
    const { pages, maximum } = this.memory.pages;
    module.importMemory('engine', 'memory', pages, maximum, false);
    buildPageWalker(module);
    const { code } = module.func(['i32', 'i32', 'i32', 'i32'], ['i32'], 'quick');
    new QuickWalkEmitter(code).emit();
    code.i32(0);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.build()), { engine: { memory: this.memory.wasm } });
    const { walk, quick } = instance.exports as Record<string, NonNullable<Mmu['fast']>>;
    this.walk = (mmu, lo, hi, want) => {
      const isQuick = quick!(mmu, lo, hi, want);
      const result = isQuick || walk!(mmu, lo, hi, want);
      this.quick += isQuick;
      this.done += result;
      return result;
    };
    this.memory.u32[RUNNING_TLB >> 2] = this.tlb.header;
  }

  private set(field: number, low: number, high = 0): void {
    this.memory.i32[(STATE + field) >> 2] = low;
    this.memory.i32[(STATE + field + 4) >> 2] = high;
  }

  /** Control registers, kinds of frames, code, and tables that mostly point at one another. */
  prepare(): void {
    const { memory, random } = this;
    const plain = random.chance(50);
    const long = plain || random.chance(75);
    const pae = long || random.chance(80);
    const bit = (shift: number, percent: number): number => (random.chance(percent) ? 1 << shift : 0);
    this.set(S.cr0, bit(16, 70) | 0x8000_0001);
    this.set(S.cr4, bit(4, 50) | (pae ? 0x20 : 0) | bit(7, 70) | (long && !plain ? bit(12, 30) : 0) | bit(20, 50) | bit(22, 50));
    this.set(S.efer, bit(11, 80));
    this.set(S.pkru, random.chance(30) ? 0 : random.next(0xffff_ffff));
    this.set(S.cr3, random.next(FRAMES) << 12);
    for (let i = 0; i < 4; i++) this.set(S.pdpte + i * 8, (random.next(FRAMES) << 12) | (random.chance(90) ? 1 : 0));
    this.set(S.mode, (random.chance(97) ? ModeBit.paging : 0) | (long ? ModeBit.longMode : 0));
    for (let gfn = 0; gfn < FRAMES; gfn++) {
      const kinds = [
        FrameKind.mmio,
        0,
        FrameKind.ram | FrameKind.readOnly,
        FrameKind.ram | FrameKind.watched,
        FrameKind.ram | FrameKind.dirtyLog,
      ];
      const kind = random.chance(92) ? FrameKind.ram : kinds[random.next(kinds.length)]!;
      memory.setFrame(gfn, kind & FrameKind.ram ? (RAM_BASE + gfn * PAGE_SIZE) | kind : kind);
      memory.u8[CODE_FRAMES + ((RAM_BASE >>> 12) + gfn)] = random.chance(95) ? 0 : 1;
    }
    for (let at = RAM_BASE >> 2; at < (RAM_BASE + FRAMES * PAGE_SIZE) >> 2; at += 2) {
      memory.i32[at] = ((random.next(FRAMES + 2) << 12) | this.flags(plain)) >>> 0;
      memory.i32[at + 1] = this.highHalf(plain);
    }
  }
  /** `plain`: tables as they are where nothing is left to be marked. */
  private flags(plain: boolean): number {
    const { random } = this;
    let flags = random.chance(plain ? 99 : 95) ? 1 : 0;
    if (random.chance(80)) flags |= 2;
    if (random.chance(plain ? 90 : 75)) flags |= 4;
    if (random.chance(plain ? 98 : 60)) flags |= 0x20;
    if (random.chance(plain ? 80 : 50)) flags |= 0x40;
    if (random.chance(plain ? 8 : 20)) flags |= 0x80;
    if (random.chance(30)) flags |= 0x100;
    return flags | (random.next(8) << 9) | (random.chance(20) ? 0x18 : 0);
  }
  private highHalf(plain: boolean): number {
    const { random } = this;
    let high = random.next(16) << 27;
    if (random.chance(10)) high |= 0x8000_0000;
    if (random.chance(plain ? 1 : 2)) high |= 1 << random.next(27);
    return random.chance(50) ? 0 : high;
  }

  state(): string {
    const { memory, tlb } = this;
    const tables = Buffer.from(memory.buffer, RAM_BASE, FRAMES * PAGE_SIZE).toString('latin1');
    const fast = Buffer.from(memory.buffer, tlb.baseOf(0), 3 * 1024 * TLB_STRIDE).toString('latin1');
    return `${tables}${fast}${JSON.stringify(tlb.save())}`;
  }
}

describe('the page walker', () => {
  it('does what the walker in TypeScript does', function () {
    this.timeout(300_000);
    const seed = testSeed();
    const random = new Random(seed);
    const bench = new Bench(random);
    const { memory, tlb, mmu } = bench;
    const tables = new Uint8Array(memory.buffer, RAM_BASE, FRAMES * PAGE_SIZE);
    const state = new VcpuState(memory.buffer, STATE);
    let looked = 0;
    for (let group = 0; group < CASES / 200; group++) {
      bench.prepare();
      const isPaging = (memory.i32[(STATE + S.mode) >> 2]! & ModeBit.paging) !== 0;
      tlb.flush(true);
      const context = { pcid: random.next(3), pkru: memory.i32[(STATE + S.pkru) >> 2]! };
      tlb.setContext(context);
      for (let i = 0; i < 200; i++) {
        const lo = random.chance(50) ? random.next(0xffff_ffff) | 0 : (random.next(4) << 12) | random.next(4096);
        const isLong = (memory.i32[(STATE + S.mode) >> 2]! & ModeBit.longMode) !== 0;
        const hi = !isLong ? 0 : random.chance(90) ? (random.next(0x10000) << 16) >> 17 : random.next(0xffff_ffff) | 0;
        const [which, want] = [random.next(3), random.next(3) as WantKind];
        const what = `seed ${seed}, group ${group}, case ${i}: ${hi.toString(16)}:${lo.toString(16)} mmu ${which} want ${want}`;
        const before = tables.slice();
        const entries = tlb.save();
        mmu.fast = bench.walk;
        const index = mmu.translate(tlb, which, lo, hi, want);
        const fault = index < 0 ? mmu.fault : undefined;
        // Seldom all of it: it is long.
        const deep = i % 40 === 0;
        const whole = deep ? bench.state() : '';
        const [changed, entry] = [tables.slice(), index < 0 ? [] : tagsAt(bench, index)];
        tables.set(before);
        tlb.restore(entries, context);
        mmu.fast = undefined;
        assert.equal(mmu.translate(tlb, which, lo, hi, want), index, what);
        if (index < 0) assert.deepEqual(mmu.fault, fault, what);
        else assert.deepEqual(tagsAt(bench, index), entry, what);
        assert.equal(Buffer.compare(tables, changed), 0, `${what}: tables`);
        // The debugger's walk knows no access, and looks for no reserved bits.
        const linear = (BigInt.asUintN(32, BigInt(hi)) << 32n) | BigInt.asUintN(32, BigInt(lo));
        const peeked = index < 0 || !isPaging ? undefined : peekTranslate(memory, state, linear);
        if (index >= 0 && isPaging) assert.equal(peeked?.gpa, tlb.gfn(index) * PAGE_SIZE + (lo & 0xfff), `${what}: the debugger's walk`);
        if (peeked) looked++;
        if (deep) assert.ok(bench.state() === whole, `${what}: state`);
      }
    }
    assert.ok(bench.done > CASES / 20, `${bench.done} walks of ${CASES} in WebAssembly`);
    assert.ok(bench.quick > CASES / 100 && bench.quick < bench.done, `${bench.quick} of ${bench.done} in straight code`);
    assert.ok(looked > CASES / 20, `${looked} looks of ${CASES}`);
  });
});

/** The entry and its fast tags. */
function tagsAt({ memory, tlb }: Bench, index: number): number[] {
  const at = (tlb.baseOf(0) + index * TLB_STRIDE) >> 2;
  return [tlb.gfn(index), tlb.info(index), ...memory.i32.slice(at, at + 7)];
}
