// SWAPGS, the bases of FS and GS, RDPKRU, LDMXCSR, POPF, CLAC, STAC and MOV to CR3 in the interpreter itself are what their helpers do: random programs of them, with page
// tables that change under the TLB, two address spaces in some PCIDs, interrupts and faults, cut into random runs, on a host that leaves them to the processor and
// on one that wants their helpers run. After each run both machines are the same, TLBs and all.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import { HELPERS } from '../../src/engine/helpers';
import { RECORD_SIZE, RecordField } from '../../src/trace/record-layout';
import type { Helper } from '../../src/x86/cpu';
import { Seg } from '../../src/x86/layout';
import { updateMode } from '../../src/x86/system/mode';
import { testSeed } from '../support/seed';
import { BareMachine } from './bare-machine';
import { snapshot } from './snapshot';

const TABLES = [0x1000, 0xc000] as const;
const PT = TABLES.map((root) => root + 0x3000);
const IDT = 0x5000;
const GDT = 0x6000;
const HANDLERS = 0x8000;
const STACK = 0x9800;
const TSS = 0xb000;
const SYSTEM_CALL = 0x8800;
const INNER_DATA = { selector: 16, access: 0xc093, limit: 0xffff_ffff, base: 0x1234n };
const KERNEL_STACK = 0xbf00;
const DATA = 0xa000;
const CODE = 0x1_0000;
/** Pages that are in other places in the second address space. */
const MOVED = 0x2_0000;
const MOVED_PAGES = 4;
const MOVED_BY = 0x1_0000;
const VECTOR = 0x40;
const PIECES = 150;
const TIERS: readonly Tier[] = ['interpreter', 'jit', 'auto'];
const COUNTED = [
  'syscall',
  'sysret',
  'iret',
  'swapgs',
  'rdfsbase',
  'wrfsbase',
  'rdgsbase',
  'wrgsbase',
  'rdpkru',
  'ldmxcsr',
  'popf',
  'clac',
  'stac',
  'movToCr',
];

const Cr4 = { PGE: 1n << 7n, FSGSBASE: 1n << 16n, PCIDE: 1n << 17n, SMAP: 1n << 21n, PKE: 1n << 22n };

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const dword = (value: number): string => hex(new Uint8Array(new Int32Array([value]).buffer));
const quad = (value: bigint): Uint8Array => new Uint8Array(new BigUint64Array([value]).buffer);

const seed = testSeed();
let x = seed;
const below = (n: number): number => {
  x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
  return (x >>> 8) % n;
};
const oneOf = <T>(values: readonly T[]): T => values[below(values.length)]!;

interface Kind {
  readonly name: string;
  readonly cr4: bigint;
  readonly isUser: boolean;
}
const KINDS: readonly Kind[] = [
  { name: 'PCIDs and SMAP', cr4: Cr4.PGE | Cr4.FSGSBASE | Cr4.PCIDE | Cr4.SMAP | Cr4.PKE, isUser: false },
  { name: 'neither', cr4: Cr4.FSGSBASE | Cr4.PKE, isUser: false },
  { name: 'CPL 3', cr4: Cr4.PGE | Cr4.FSGSBASE | Cr4.PCIDE | Cr4.PKE, isUser: true },
  { name: 'CPL 3 under SMAP', cr4: Cr4.FSGSBASE | Cr4.SMAP, isUser: true },
  { name: 'no FSGSBASE and no PKE', cr4: Cr4.PCIDE | Cr4.SMAP, isUser: false },
];

// What faults has five bytes (#UD three), which its handler passes over.

const base = (): string => `f3${oneOf(['', '48', '49'])}0fae${oneOf(['c0', 'c9', 'd2', 'db'])}`;
const wideBase = (): string => {
  const value = oneOf([0x1234n, 0xffff_8000_0000_1000n, 0x0000_8000_0000_0000n, 0x7fff_ffff_f000n, 0xff00_0000_0000_0000n]);
  return `48ba${hex(quad(value))}f3480fae${oneOf(['d2', 'da'])}`;
};
/** By [RDI + 16], and over two pages. */
const mxcsr = (): string => {
  const value = dword(oneOf([0x1f80, 0x1f80, 0x9fc0, 0x1_1f80]));
  const across = dword(MOVED + 0xffe);
  return oneOf([`c74710${value}0fae571090`, `c74710${value}0fae571090`, `c70425${across}${dword(0x1f80)}0fae1425${across}`]);
};
/** NT and AC, that IRET does not take or CPL 3 checks for, are seldom set there. */
const popf = ({ isUser }: Kind): string => {
  const set =
    isUser && below(40) > 0
      ? oneOf([0x200, 0xed5, 0x20_0000])
      : oneOf([0x200, 0x1, 0x40ed5, 0xcd5, 0x4000, 0x20_0000, 0x100, 0x3000, 0x4_0000]);
  return `9c${oneOf([`810c24${dword(set)}`, `812424${dword(~set)}`])}${oneOf(['9d', '9d', '9d', '669d6690', '48830c24019d'])}`;
};
function space(kind: Kind): string {
  const pcid = BigInt(below(3));
  const keeps = kind.cr4 & Cr4.PCIDE ? BigInt(below(2)) << 63n : 0n;
  const reserved = below(12) === 0 ? 1n << BigInt(oneOf([45, 62])) : 0n;
  return `48b9${hex(quad(BigInt(oneOf(TABLES)) | pcid | keeps | reserved))}0f22d99090`;
}
/** Changes an entry of either space: present, writable, user, global, another page. CPL 3 has it done. */
function entry(kind: Kind): string {
  const page = MOVED + below(MOVED_PAGES) * 4096;
  const at = dword(oneOf(PT) + (page >> 12) * 8);
  const bit = dword(oneOf([1, 2, 4, 0x100, 0x1000]));
  if (kind.isUser) return `49c7c0${at}41b9${bit}0f05`;
  return `48813425${at}${bit}${below(2) ? '' : `0f013c25${dword(page)}`}`;
}
function touch(): string {
  const at = dword(MOVED + below(MOVED_PAGES * 1024) * 4);
  return oneOf([`890c25${at}`, `8b0425${at}`, `010c25${at}`, `ff3425${at}59`]);
}

const piece = (kind: Kind): string =>
  oneOf([
    ...[() => '0f01f89090', base, base, wideBase, () => oneOf(['31c90f01ee', 'b9010000000f01ee9090', '31c90f01ee4801c3'])],
    ...[
      mxcsr,
      () => popf(kind),
      () => popf(kind),
      () => oneOf(['0f01ca', '0f01cb']),
      () => space(kind),
      () => space(kind),
      touch,
      touch,
      touch,
    ],
    ...[() => entry(kind), () => oneOf(['fa9090' + '9090', 'fb9090' + '9090'])],
    () => oneOf(['4801c6', '4839d8', '11d8', '48ffc3', 'eb0190', 'f390', '9c5b']),
  ])();

function program(kind: Kind): string {
  const body = Array.from({ length: PIECES }, () => piece(kind)).join('');
  return `${body}e9${dword(-(body.length / 2) - 5)}`;
}

function faultText({ buffer }: Uint8Array): string {
  const view = new DataView(buffer);
  const field = (n: number): bigint => view.getBigUint64(RecordField.fields + n * 8, true);
  return `${field(0)} ${field(1)} ${field(3)} ${view.getBigUint64(RecordField.rip, true)}`;
}

class Machine {
  readonly bare: BareMachine;
  readonly ran = new Map<string, number>();
  readonly faults: string[] = [];

  constructor(code: string, kind: Kind, tier: Tier, quick: boolean) {
    const helpers: Record<string, Helper> = { ...HELPERS };
    for (const name of COUNTED)
      helpers[name] = (cpu, insn) => {
        this.ran.set(name, (this.ran.get(name) ?? 0) + 1);
        HELPERS[name]!(cpu, insn);
      };
    this.bare = new BareMachine({ ramSize: 2 << 20, tier, helpers });
    const { bare } = this;
    const state = bare.longMode();
    this.tables(kind);
    this.handlers(kind);
    bare.write(CODE, code);
    state.setU64('cr4', state.u64('cr4') | kind.cr4);
    state.setU64('cr0', state.u64('cr0') | 0x1_0000n);
    state.setU64('rip', BigInt(CODE));
    state.setGpr(4, BigInt(STACK));
    state.setGpr(7, BigInt(DATA));
    state.setU64('kernelGsBase', 0xffff_8880_0000_0000n);
    state.setU64('pkru', 0x5555_5550n);
    state.setU64('efer', state.u64('efer') | 1n);
    state.setU64('star', (0x10n << 48n) | (8n << 32n));
    state.setU64('lstar', BigInt(SYSTEM_CALL));
    state.setU64('fmask', BigInt([0x200, 0x4_0700, 0][code.length % 3]!));
    if (kind.isUser) {
      state.setU32('cpl', 3);
      state.setU64('rflags', 0x202n);
      state.setSegment(Seg.cs, { ...state.segment(Seg.cs), selector: 0x23, access: 0xa0fb });
      state.setSegment(Seg.ss, { ...state.segment(Seg.ss), selector: 0x1b, access: 0xc0f3 });
    }
    updateMode(state);
    bare.engine.flushTlb(0);
    bare.host.interrupt = () => {
      bare.engine.setInterruptPending(0, false);
      return VECTOR;
    };
    bare.host.onEvent = (event, vector, errorCode) => {
      if (event === 'exception')
        this.faults.push(`${vector} ${errorCode} ${vector === 14 ? state.u64('cr2') : 0} ${bare.engine.instructionRip(0)}`);
    };
    if (!quick) return;
    bare.host.quick = {
      ...{ interruptFlag: true, interruptReturn: true, timeStamp: false, tscPerNs: 1, latestNs: 0, localNs: () => 0, hasRead: () => {} },
      ...{ controlWrite: true, swapgs: true, popFlags: true, deliveries: true, pageFaults: true },
      exits: { kindAndVm: 0, exceptionKindAndVm: 0, vcpu: 0, costs: {} },
      logged: (records, count) => {
        for (let n = 0; n < count; n++) this.faults.push(faultText(records.slice(n * RECORD_SIZE, (n + 1) * RECORD_SIZE)));
      },
    };
  }

  private tables(kind: Kind): void {
    const { bare } = this;
    for (const [n, root] of TABLES.entries()) {
      for (const [level, next] of [0x1000, 0x2000, 0x3000].entries()) bare.write(root + level * 4096, quad(BigInt(root + next) | 7n));
      for (let page = 0; page < 512; page++) {
        const at = page * 4096;
        const isMoved = at >= MOVED && at < MOVED + MOVED_PAGES * 4096;
        const isUser = kind.isUser ? at === (STACK & -4096) || at === DATA || at >= CODE : isMoved && page % 2 === 0;
        const isGlobal = !isMoved && page % 3 === 0;
        bare.write(root + 0x3000 + page * 8, quad(BigInt((isMoved ? at + n * MOVED_BY : at) | (isUser ? 7 : 3) | (isGlobal ? 0x100 : 0))));
      }
    }
  }

  private handlers(kind: Kind): void {
    const { bare } = this;
    const { state } = bare;
    const inTables = (operation: string, byte: string): string => PT.map((table) => `4883${operation}${dword(table)}${byte}`).join('');
    // A page that faults gets its bits back, and is the supervisor's where SMAP may have refused it.
    const restore = kind.isUser ? inTables('0cc5', '07') : inTables('0cc5', '03') + inTables('24c5', 'fb');
    const code: Readonly<Record<number, string>> = {
      1: '4881642410fffeffff48cf',
      6: '488304240348cf',
      13: '488344240805' + '4883c40848cf',
      14: `500f20d048c1e80c25ff010000${restore}584883c40848cf`,
      [VECTOR]: '48cf',
    };
    for (const [i, [vector, text]] of Object.entries(code).entries()) {
      const at = HANDLERS + i * 0x80;
      bare.write(at, text);
      bare.write(IDT + Number(vector) * 16, quad(0x0000_8e00_0008_0000n | BigInt(at)));
    }
    for (const [i, descriptor] of [
      0n,
      0x00af_9b00_0000_ffffn,
      0x00cf_9300_0000_ffffn,
      0x00cf_f300_0000_ffffn,
      0x00af_fb00_0000_ffffn,
    ].entries())
      bare.write(GDT + i * 8, quad(descriptor));
    state.setU64('idtrBase', BigInt(IDT));
    state.setU32('idtrLimit', 0xfff);
    state.setU64('gdtrBase', BigInt(GDT));
    state.setU32('gdtrLimit', 39);
    state.setSegment(Seg.tr, { selector: 0x28, access: 0x8b, limit: 0x67, base: BigInt(TSS) });
    bare.write(TSS + 4, quad(BigInt(KERNEL_STACK)));
    // xor [r8],r9; mov rax,cr3; mov cr3,rax; sysretq
    bare.write(SYSTEM_CALL, '4d3108' + '0f20d8' + '0f22d8' + '480f07');
  }
}

describe(`engine: quick system instructions (seed ${seed})`, () => {
  for (const kind of KINDS)
    it(`are what their helpers do: ${kind.name}`, () => {
      const ran = { quick: new Map<string, number>(), plain: new Map<string, number>() };
      for (const tier of TIERS) {
        const code = program(kind);
        const quick = new Machine(code, kind, tier, true);
        const plain = new Machine(code, kind, 'interpreter', false);
        for (let cut = 0; cut < 60; cut++) {
          const budgetNs = 1 + below(oneOf([4, 40, 400, 20_000]));
          const border = below(6) === 0;
          const pending = below(3) === 0;
          const inner = kind.isUser && below(2) === 0;
          const where = `${tier}, run ${cut} of ${budgetNs} ns: ${code}`;
          const [a, b] = [quick, plain].map(({ bare: { engine } }) => {
            if (pending) engine.setInterruptPending(0, true);
            // As kernels have them, whose IRET takes them away.
            if (inner) for (const segment of [Seg.ds, Seg.gs]) engine.state(0).setSegment(segment, INNER_DATA);
            const { kind: end } = border ? engine.runBorder(0) : engine.runThrough(0, budgetNs);
            return end;
          });
          assert.deepEqual(snapshot(quick.bare), snapshot(plain.bare), where);
          assert.deepEqual(a, b, where);
          assert.deepEqual(quick.faults, plain.faults, where);
        }
        for (const [name, machine] of Object.entries({ quick, plain }))
          for (const [helper, n] of machine.ran) ran[name as 'quick'].set(helper, (ran[name as 'quick'].get(helper) ?? 0) + n);
      }
      const wanted = kind.isUser ? ['syscall', 'sysret', 'iret'] : kind === KINDS[0] ? COUNTED.slice(3) : [];
      const byHelper = wanted.filter((name) => (ran.quick.get(name) ?? 0) * 4 >= ran.plain.get(name)! * 3);
      assert.deepEqual(byHelper, [], JSON.stringify([[...ran.quick], [...ran.plain]]));
    });
});
