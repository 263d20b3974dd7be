// The page walker's straight code does what is plain, and leaves each thing that is not to the whole walker before any change.
import assert from 'node:assert/strict';
import { DataBreakpoints } from '../../src/engine/data-breakpoints';
import { VcpuTlb } from '../../src/engine/tlb';
import { Header, MmuIndex, RUNNING_TLB, TlbInfo, WALKS, Want } from '../../src/engine/tlb-layout';
import { EngineMemory } from '../../src/engine/vm-memory';
import { A, CR0_WP, CR4_LA57, CR4_PGE, CR4_PKE, D, EFER_NXE, G, P, PS, U, W } from '../../src/engine/walk/bits';
import { QuickWalkEmitter } from '../../src/engine/walk/quick-walk';
import { Watchpoints } from '../../src/engine/watchpoints';
import { ModuleBuilder } from '../../src/wasm/module';
import { FrameKind, ModeBit, PAGE_SIZE, RAM_BASE, S, STATE } from '../../src/x86/layout';

const FRAMES = 16;
const [PML4, PDPT, PD, PT, PAGE] = [1, 2, 3, 4, 9];
/** Entry 1 of each table. */
const [LO, HI] = [0x4020_1000, 0x80];
const SLOT = 8;
const UPPER = P | W | A;
const LEAF = UPPER | D;

class Bench {
  readonly memory = new EngineMemory(FRAMES * PAGE_SIZE, FRAMES * PAGE_SIZE, false);
  readonly tlb = new VcpuTlb(this.memory, 0, () => false, new DataBreakpoints(), new Watchpoints(this.memory), { isOpen: () => true });
  private readonly quick: (mmu: number, lo: number, hi: number, want: number) => number;
  private mmu: number = MmuIndex.supervisor;
  private want: number = Want.read;

  constructor() {
    const module = new ModuleBuilder();
    const { pages, maximum } = this.memory.pages;
    module.importMemory('engine', 'memory', pages, maximum, false);
    const { code } = module.func(['i32', 'i32', 'i32', 'i32'], ['i32'], 'quick');
    new QuickWalkEmitter(code).emit();
    code.i32(0);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.build()), { engine: { memory: this.memory.wasm } });
    this.quick = instance.exports.quick as Bench['quick'];
    this.memory.u32[RUNNING_TLB >> 2] = this.tlb.header;
    for (let gfn = 0; gfn < FRAMES; gfn++) this.memory.setFrame(gfn, (RAM_BASE + gfn * PAGE_SIZE) | FrameKind.ram);
    this.set(S.mode, ModeBit.paging | ModeBit.longMode);
    this.set(S.cr0, CR0_WP);
    this.set(S.cr4, CR4_PGE);
    this.set(S.efer, EFER_NXE);
    this.set(S.cr3, PML4 * PAGE_SIZE);
    for (const [table, next] of [
      [PML4, PDPT],
      [PDPT, PD],
      [PD, PT],
    ] as const)
      this.entry(table, next, UPPER);
    this.entry(PT, PAGE, LEAF);
  }

  set(field: number, low: number): void {
    this.memory.u32[(STATE + field) >> 2] = low;
  }
  entry(table: number, frame: number, flags: number, high = 0): void {
    const at = (RAM_BASE + table * PAGE_SIZE + SLOT) >> 2;
    this.memory.i32[at] = frame * PAGE_SIZE + flags;
    this.memory.i32[at + 1] = high;
  }
  accesses({ mmu = this.mmu, want = this.want }: { mmu?: number; want?: number }): void {
    this.mmu = mmu;
    this.want = want;
  }
  walk(): boolean {
    const before = this.memory.u32[WALKS >> 2]!;
    const tables = this.memory.u8.slice(RAM_BASE, RAM_BASE + FRAMES * PAGE_SIZE);
    const done = this.quick(this.mmu, LO, HI, this.want);
    assert.equal(this.memory.u32[WALKS >> 2], before + done, 'counted');
    assert.deepEqual(this.memory.u8.slice(RAM_BASE, RAM_BASE + FRAMES * PAGE_SIZE), tables, 'no table is written');
    const index = this.tlb.index(this.mmu, LO);
    assert.equal(this.tlb.matches(index, LO, HI), done === 1, 'the entry is there');
    return done === 1;
  }
  get filled(): { gfn: number; info: number } {
    const index = this.tlb.index(this.mmu, LO);
    return { gfn: this.tlb.gfn(index), info: this.tlb.info(index) };
  }
}

const user = (bench: Bench, flags = U): void => {
  bench.accesses({ mmu: MmuIndex.user });
  for (const [table, next] of [
    [PML4, PDPT],
    [PDPT, PD],
    [PD, PT],
  ] as const)
    bench.entry(table, next, UPPER | U);
  bench.entry(PT, PAGE, LEAF | flags);
};

const NX_HIGH = 1 << 31;
const { valid, writable, dirty, executable, global, large, huge } = TlbInfo;
const PLAIN = valid | writable | dirty | executable;

const DONE: Record<string, [(bench: Bench) => void, { gfn?: number; info: number }]> = {
  'a page of 4 KiB': [() => {}, { info: PLAIN }],
  'a write': [(bench) => bench.accesses({ want: Want.write }), { info: PLAIN }],
  'a page that is not dirty, read': [(bench) => bench.entry(PT, PAGE, UPPER), { info: PLAIN & ~dirty }],
  'a global page': [(bench) => bench.entry(PT, PAGE, LEAF | G), { info: PLAIN | global }],
  'data that is not executable': [(bench) => bench.entry(PD, PT, UPPER, NX_HIGH), { info: PLAIN & ~executable }],
  'a page that an upper table makes read-only': [(bench) => bench.entry(PDPT, PD, P | A), { info: PLAIN & ~writable }],
  'the same without CR0.WP': [
    (bench) => {
      bench.entry(PML4, PDPT, P | A);
      bench.set(S.cr0, 0);
      bench.accesses({ want: Want.write });
    },
    { info: PLAIN },
  ],
  'a fragment of 2 MiB': [(bench) => bench.entry(PD, 0x1400, LEAF | PS), { gfn: 0x1401, info: PLAIN | large }],
  'a fragment of 1 GiB': [(bench) => bench.entry(PDPT, 0x4_0000, LEAF | PS), { gfn: 0x4_0201, info: PLAIN | large | huge }],
  "a user's page": [(bench) => user(bench), { info: PLAIN | TlbInfo.user }],
  'a page with a protection key that allows all': [
    (bench) => {
      user(bench);
      bench.set(S.cr4, CR4_PKE);
      bench.set(S.pkru, ~3);
    },
    { info: PLAIN | TlbInfo.user },
  ],
};

const LEFT: Record<string, (bench: Bench) => void> = {
  'paging off': (bench) => bench.set(S.mode, ModeBit.longMode),
  'no long mode': (bench) => bench.set(S.mode, ModeBit.paging),
  '5-level paging': (bench) => bench.set(S.cr4, CR4_LA57),
  'data that is watched': (bench) => bench.memory.view.setUint32(bench.tlb.header + Header.watching, 1, true),
  'a table that is no RAM': (bench) => {
    bench.memory.setFrame(PDPT, FrameKind.mmio);
    // Where its entries would be read from.
    bench.memory.i32[SLOT >> 2] = PD * PAGE_SIZE + UPPER;
  },
  'CR3 beyond all frames': (bench) => bench.set(S.cr3 + 4, 0x100),
  'a table beyond all frames': (bench) => bench.entry(PDPT, PD, UPPER, 0x10),
  'an upper entry that is not present': (bench) => bench.entry(PDPT, PD, UPPER & ~P),
  'one that is not marked': (bench) => bench.entry(PML4, PDPT, UPPER & ~A),
  'one with a reserved bit': (bench) => bench.entry(PD, PT, UPPER, 1 << 12),
  'PS in the PML4': (bench) => bench.entry(PML4, PDPT, UPPER | PS),
  'a page that is not present': (bench) => bench.entry(PT, PAGE, LEAF & ~P),
  'a page that is not marked': (bench) => bench.entry(PT, PAGE, LEAF & ~A),
  'a large page that is not marked': (bench) => bench.entry(PD, 0x1400, (LEAF & ~A) | PS),
  'a large page that is not aligned': (bench) => bench.entry(PD, 0x1404, LEAF | PS),
  'a huge page that is not aligned': (bench) => bench.entry(PDPT, 0x4_0200, LEAF | PS),
  'the first write': (bench) => {
    bench.entry(PT, PAGE, UPPER);
    bench.accesses({ want: Want.write });
  },
  'a write to a read-only page': (bench) => {
    bench.entry(PT, PAGE, LEAF & ~W);
    bench.accesses({ want: Want.write });
  },
  "a user's write to one without CR0.WP": (bench) => {
    user(bench);
    bench.entry(PT, PAGE, (LEAF & ~W) | U);
    bench.set(S.cr0, 0);
    bench.accesses({ want: Want.write });
  },
  'a fetch from what is not executable': (bench) => {
    bench.entry(PML4, PDPT, UPPER, NX_HIGH);
    bench.accesses({ want: Want.fetch });
  },
  'XD without EFER.NXE': (bench) => {
    bench.entry(PT, PAGE, LEAF, NX_HIGH);
    bench.set(S.efer, 0);
  },
  "the supervisor at a user's page": (bench) => {
    user(bench);
    bench.accesses({ mmu: MmuIndex.supervisor });
  },
  'the same under SMAP': (bench) => {
    user(bench);
    bench.accesses({ mmu: MmuIndex.smap });
  },
  "a user at the supervisor's page": (bench) => bench.accesses({ mmu: MmuIndex.user }),
  'a protection key that refuses writes': (bench) => {
    user(bench);
    bench.set(S.cr4, CR4_PKE);
    bench.set(S.pkru, 2);
  },
};

describe("the page walker's straight code", () => {
  for (const [what, [make, { gfn = PAGE, info }]] of Object.entries(DONE))
    it(`does ${what}`, () => {
      const bench = new Bench();
      make(bench);
      assert.ok(bench.walk());
      assert.deepEqual(bench.filled, { gfn, info });
    });
  for (const [what, make] of Object.entries(LEFT))
    it(`leaves ${what}`, () => {
      const bench = new Bench();
      make(bench);
      assert.equal(bench.walk(), false);
    });
  it('reads each table at each walk', () => {
    const bench = new Bench();
    assert.ok(bench.walk());
    bench.tlb.flush(true);
    // Other tables by the same upper entries, and other upper entries.
    bench.entry(PDPT, 6, UPPER);
    bench.entry(6, 7, UPPER);
    bench.entry(7, PAGE + 1, LEAF);
    assert.ok(bench.walk());
    assert.equal(bench.filled.gfn, PAGE + 1);
    bench.tlb.flush(true);
    bench.entry(PML4, 8, UPPER);
    assert.equal(bench.walk(), false);
  });
});
