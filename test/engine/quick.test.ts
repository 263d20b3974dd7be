// CLI, STI, RDTSC, RDTSCP, CPUID, IN, OUT, INVLPG, reads of control registers, VMCALL, #UD, #PF, INT n and IRETQ in the interpreter itself are what their helpers do: random programs of them with interrupts, cut into random runs, on a host that leaves
// them to the processor and on one that is asked each time. After each run both machines are the same.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import { Seg } from '../../src/x86/layout';
import { updateMode } from '../../src/x86/system/mode';
import { testSeed } from '../support/seed';
import type { BareMachine } from './bare-machine';
import { snapshot } from './snapshot';
import { CODE, dword, IDT, IO_NS, PAGE_FAULT, quad, TABLE, Timed } from './timed-machine';

const PROGRAMS = 3;
const TIERS: readonly Tier[] = ['jit', 'interpreter', 'auto'];
const PIECES = 160;

const CLI = 'fa';
const STI = 'fb';
const RDTSC = '0f31';
const RDTSCP = '0f01f9';
/** NOP, PAUSE, INC RBX, ADD RSI, RAX, a jump over a NOP, one backwards is the program's last. STORE: MOV [RDI], EAX. */
/** IRETQ to what follows, as kernels have it to serialise; with RF in the frame; with the null selector for SS. */
const HERE = 'e800000000488304240748cf';
const SYNC = `8cd050544883042408${'9c'}8cc850${HERE}`;
const SYNC_RF = `8cd050544883042408${'9c810c2400000100'}8cc850${HERE}`;
const SYNC_NULL = `6a00544883042408${'9c'}8cc850${HERE}`;
const OTHERS = [
  SYNC,
  SYNC_RF,
  SYNC_NULL,
  '90',
  'f390',
  '48ffc3',
  '4801c6',
  'eb0190',
  '8907',
  '8917',
  '0fa2',
  '31c031c90fa2',
  'b80200000031c90fa2',
  'b00d0fa2',
  ...['e680', 'e780', '66e780', 'e480', 'e580', '66e580', 'e690', 'e490'].map((each) => each.repeat(4)),
  // Port 90H by DX; one that is not plain; one that changes by itself when time goes on.
  ...['66ba9000eeeeee', '66ba9000ef66ef', '66ba9000ececec', '66ba9000eded', 'e6a0', 'e4a0', 'e4b0', 'e5b0'],
];
/** INVLPG of data, of the stack, of the code itself; MOV RCX, CR0 to CR4; UD2 and a NOP, and VMCALL: the handler goes on three bytes further; INT 40H and 41H. */
const SYSTEM = [
  '0f013f8b17',
  '0f013c24',
  '0f013d00000000',
  '0f20c1',
  '0f20d1',
  '0f20d9',
  '0f20e1',
  '0f0b90',
  '0f0b90',
  '0f01c1',
  '0f01c1',
  'cd40',
  'cd41',
];
/** Pages that lose a bit of their entry, present or writable, and are used again: stores, loads, a sum in memory, PUSH and POP, 16 bytes, over two pages, REP STOSB. */
const FAULTING = 0x2_0000;
const FAULTING_PAGES = 4;
function faulting(): string {
  const page = FAULTING + below(FAULTING_PAGES) * 4096;
  const take = `802425${dword(TABLE + (page >> 12) * 8)}${['fe', 'fd'][below(2)]}0f013c25${dword(page)}`;
  const at = dword(page + below(1024) * 4);
  const last = page + 4096;
  return (
    take +
    [
      `890c25${at}`,
      `8b0c25${at}`,
      `010c25${at}`,
      `01c9110c25${at}`,
      `ff3425${at}59`,
      `0f110425${dword(page + below(255) * 16)}`,
      `890c25${dword(last - 2)}`,
      `57bf${dword(last - 20)}b928000000f3aa5f`,
    ][below(8)]!
  );
}
const seed = testSeed();
let x = seed;
const below = (n: number): number => {
  x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
  return (x >>> 8) % n;
};

const program = (): string => {
  const pieces = Array.from(
    { length: PIECES },
    () => [CLI, STI, RDTSC, RDTSCP, OTHERS[below(OTHERS.length)]!, SYSTEM[below(SYSTEM.length)]!, faulting()][below(7)]!,
  );
  return `${pieces.join('')}e9${'00000000'}`;
};

describe(`engine: quick instructions (seed ${seed})`, () => {
  it('are what their helpers do, interrupts and shadows and the time to the nanosecond', () => {
    let asked = 0;
    let events = 0;
    let answered = 0;
    let returns = 0;
    let accesses = 0;
    let hypercalls = 0;
    let interrupts = 0;
    let faults = 0;
    for (let n = 0; n < PROGRAMS; n++) {
      const code = program();
      const [quick, plain] = [new Timed(code, true, TIERS[n % TIERS.length]!), new Timed(code, false)];
      for (let cut = 0; cut < 60; cut++) {
        const budgetNs = 1 + below([4, 40, 400, 40_000][below(4)]!);
        const border = below(6) === 0;
        if (below(3) === 0) for (const { machine } of [quick, plain]) machine.engine.setInterruptPending(0, true);
        if (below(8) === 0) {
          const ns = below(300);
          for (const each of [quick, plain]) each.tellLater(ns);
        }
        assert.equal(quick.run(budgetNs, border), plain.run(budgetNs, border), `program ${n}, run ${cut}`);
        assert.deepEqual(snapshot(quick.machine), snapshot(plain.machine), `program ${n}, run ${cut} of ${budgetNs} ns: ${code}`);
        assert.deepEqual(quick.written, plain.written, `program ${n}, run ${cut} of ${budgetNs} ns: ${code}`);
        assert.deepEqual(quick.exits, plain.exits, `program ${n}, run ${cut} of ${budgetNs} ns: ${code}`);
        const pauses = ({ machine }: Timed): number => machine.engine.statistics().pauses;
        assert.equal(pauses(quick), pauses(plain), `program ${n}, run ${cut} of ${budgetNs} ns: ${code}`);
      }
      asked += quick.asked - plain.asked / 2;
      events += quick.events - plain.events / 2;
      returns += quick.returns - plain.returns / 2;
      answered += quick.answered - plain.answered;
      hypercalls += quick.hypercalls - plain.hypercalls;
      accesses += quick.accesses - plain.accesses;
      interrupts += quick.interrupts - plain.interrupts;
      faults += quick.faults - plain.faults / 2;
    }
    const byHost = Object.entries({ asked, events, answered, accesses, hypercalls, interrupts, faults, returns }).filter(
      ([, count]) => count >= 0,
    );
    assert.deepEqual(byHost, [], 'most of them ran without the host');
  });

  it('page faults that cannot be delivered in place are delivered as ever: other gates, stacks, tables and levels', () => {
    const page = FAULTING;
    const entry = (value: bigint) => (machine: BareMachine) => machine.write(TABLE + (page >> 12) * 8, quad(value));
    const gate = (value: bigint) => (machine: BareMachine) => machine.write(IDT + 14 * 16, quad(value | BigInt(PAGE_FAULT)));
    const TSS = 0xb000;
    const withTss = (machine: BareMachine): void => {
      machine.state.setSegment(Seg.tr, { selector: 0x28, access: 0x8b, limit: 0x67, base: BigInt(TSS) });
      machine.write(TSS + 4, quad(0x9400n));
      machine.write(TSS + 0x24, quad(0x9600n));
    };
    const ways: Record<string, (machine: BareMachine) => void> = {
      'as ever': () => {},
      'read only': entry(BigInt(page) | 5n),
      'reserved bit': entry(BigInt(page) | (1n << 51n) | 7n),
      'protection keys': (machine) => {
        entry(BigInt(page) | (3n << 59n) | 7n)(machine);
        machine.state.setU64('cr4', machine.state.u64('cr4') | (1n << 22n));
        machine.state.setU32('pkru', 3 << 6);
      },
      'gate not present': gate(0x0000_0e00_0008_0000n),
      'trap gate': gate(0x0000_8f00_0008_0000n),
      'task gate': gate(0x0000_8500_0008_0000n),
      'data segment': gate(0x0000_8e00_0010_0000n),
      'no such segment': gate(0x0000_8e00_0108_0000n),
      IST: (machine) => {
        gate(0x0000_8e01_0008_0000n)(machine);
        withTss(machine);
      },
      'IDT too short': (machine) => machine.state.setU32('idtrLimit', 14 * 16 + 14),
      'IDT not there': (machine) => machine.state.setU64('idtrBase', BigInt(page)),
      'handler not known': (machine) => machine.write(IDT + 14 * 16, quad(0x0000_8e00_0008_0000n | BigInt(PAGE_FAULT + 0x40))),
      'stack not there': (machine) => machine.state.setGpr(4, BigInt(page + 0x800)),
      'stack at the start of a page': (machine) => machine.state.setGpr(4, 0x9000n),
      'stack below the start of a page': (machine) => machine.state.setGpr(4, 0x9028n),
      'unaligned stack': (machine) => machine.state.setGpr(4, 0x9807n),
      user: (machine) => {
        const { state } = machine;
        withTss(machine);
        state.setU32('cpl', 3);
        state.setSegment(Seg.cs, { ...state.segment(Seg.cs), selector: 0x1b, access: 0xa0fb });
        state.setSegment(Seg.ss, { ...state.segment(Seg.ss), selector: 0x23, access: 0xc0f3 });
      },
      SMAP: ({ state }) => state.setU64('cr4', state.u64('cr4') | (1n << 21n)),
      'single steps': ({ state }) => state.setU64('rflags', 0x102n),
      NT: ({ state }) => state.setU64('rflags', 0x4002n),
      'STI before': (machine) => {
        machine.write(CODE, 'fb');
        machine.engine.setInterruptPending(0, true);
      },
    };
    for (const [name, prepare] of Object.entries(ways)) {
      const both = (['interpreter', 'jit', undefined] as const).map((tier) => {
        // Sums in registers, ADC, a store; back to the start.
        const each = new Timed(`90${'48ffc101c9'}11cb110c25${dword(page)}48ffc2e900000000`, tier !== undefined, tier);
        const { machine } = each;
        entry(BigInt(page) | 6n)(machine);
        prepare(machine);
        updateMode(machine.state);
        return each;
      });
      const plain = both.pop()!;
      for (let cut = 0; cut < 12; cut++) {
        const budgetNs = 1 + below([6, 30, 300][below(3)]!);
        const ended = plain.run(budgetNs, false);
        for (const quick of both) {
          assert.equal(quick.run(budgetNs, false), ended, name);
          assert.deepEqual(snapshot(quick.machine), snapshot(plain.machine), `${name}, run ${cut} of ${budgetNs} ns`);
          assert.deepEqual(quick.exits, plain.exits, name);
        }
        if (ended === 'shutdown') break;
      }
    }
  });

  it('RDTSC under CR4.TSD and STI with IOPL below CPL raise #GP as ever', () => {
    for (const code of [RDTSC, RDTSCP, CLI, STI]) {
      const { machine } = new Timed(`${code}9090e900000000`, true);
      const { state } = machine;
      state.setU64('cr4', state.u64('cr4') | 4n);
      state.setU32('cpl', 3);
      state.setSegment(1, { ...state.segment(1), selector: 0x1b, access: 0xa0fb });
      updateMode(state);
      const seen: number[] = [];
      machine.host.onEvent = (kind, a) => {
        if (kind === 'exception') seen.push(Number(a));
      };
      machine.engine.runThrough(0, 3);
      assert.equal(seen[0], 13, code);
    }
  });

  it('exits that are served here do not count in what is wanted of a run; those of the host do; neither goes beyond its budget', () => {
    const code = `${'e68090'.repeat(4)}e900000000`;
    for (const tier of TIERS) {
      for (const quick of [true, false]) {
        const timed = new Timed(code, quick, tier);
        const { engine } = timed.machine;
        // Until its code is compiled, where it is, and each port is known to be plain.
        assert.equal(engine.runThrough(0, 1e5).kind, 'budget');
        timed.exits.length = 0;
        assert.equal(engine.runThrough(0, 1e6, 1000).kind, 'budget');
        const served = engine.servedNs();
        // Where a run begins and ends in compiled code, an exit may be the host's.
        const byHost = timed.exits.length - served / IO_NS;
        assert.ok(quick ? byHost <= 2 : served === 0, `${tier}: ${byHost} of ${timed.exits.length} exits by the host`);
        const own = engine.consumedNs() - served;
        assert.ok(own >= 1000 && own <= 1000 + IO_NS, `${tier}: ${own} ns of 1000`);
        if (quick) assert.ok(timed.exits.length > 150, `${timed.exits.length} exits`);
        assert.equal(engine.runThrough(0, 5000, 5000).kind, 'budget');
        assert.ok(engine.consumedNs() >= 5000 && engine.consumedNs() <= 5000 + IO_NS, `${tier}: ${engine.consumedNs()} ns of 5000`);
      }
    }
  });
});
