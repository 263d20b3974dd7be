// Stop points where code has several addresses: pages mapped twice, mapped elsewhere with and without INVLPG, other page tables, code that is written, jumps from
// page to page and instructions over two of them, points set and cleared in between. Each tier meets exactly what a guest that is stepped comes by.
import assert from 'node:assert/strict';
import type { EngineStatistics, Tier } from '../../src/engine/cpu-engine';
import { Seg } from '../../src/x86/layout';
import { Chance } from '../proof/random';
import { BareMachine } from './bare-machine';
import { snapshot } from './snapshot';

const PAGE = 4096;
const HANDLERS = 0x10000;
/** Frames with code, and the linear pages that lead to them: `PAGES`, and each frame's own address. */
const FRAMES = [0x2_0000, 0x2_1000, 0x2_2000, 0x2_3000];
const PAGES_AT = 0x4000_0000;
const PAGES = 6;
/** Two sets of page tables: level 4, 3, 2, 1 of the pages. */
const TABLES = [
  [0x1000, 0x2000, 0x8000, 0x9000],
  [0xa000, 0xb000, 0xc000, 0xd000],
] as const;
const ACTIONS = 0x8_0000;
const STACK = 0x7_0000;
const SLOT = 0x80;
const ROUNDS = 3;
/** Points met, regions compiled. */
const ENOUGH = 50;
/** In each frame: routines at multiples of SLOT, and one whose instruction goes on in the next page. */
const CROSSING = 0xfe0;
const BEHIND = 2;

const u64 = (value: bigint): Uint8Array => new Uint8Array(new BigUint64Array([BigInt.asUintN(64, value)]).buffer);
const i32 = (value: number): number[] => [...new Uint8Array(new Int32Array([value]).buffer)];

interface Program {
  /** Code by frame. */
  frames: Uint8Array[];
  /** Offsets in a page of its instructions. */
  places: number[];
  immediates: number[];
  actions: bigint[];
}

const pageOf = (page: number): bigint => BigInt(PAGES_AT + page * PAGE);
const entryOf = (frame: number): bigint => BigInt(frame) | 7n;

function frameOf(chance: Chance, places: Set<number>, immediates: Set<number>): Uint8Array {
  const bytes = new Uint8Array(PAGE).fill(0xf4);
  let at = 0;
  const put = (...insn: number[]): void => {
    places.add(at);
    bytes.set(insn, at);
    at += insn.length;
  };
  const routine = (start: number, mayGoOn: boolean): void => {
    at = start;
    // mov ecx,n; 1: add rbx,imm32; rol rbx,k; xor rbx,rcx; dec ecx; jnz 1b
    put(0xb9, ...i32(1 + chance.below(chance.below(4) === 0 ? 60 : 3)));
    const loop = at;
    immediates.add(at + 3);
    put(0x48, 0x81, 0xc3, ...i32(chance.below(0x7fff_ffff)));
    put(0x48, 0xc1, 0xc3, chance.below(64));
    put(0x48, 0x31, 0xcb);
    put(0xff, 0xc9);
    put(0x75, (loop - at - 2) & 255);
    // On in the next page, at the same place, or: jmp r15
    if (mayGoOn && chance.below(3) === 0) put(0xe9, ...i32(PAGE - (at + 5 - start)));
    else put(0x41, 0xff, 0xe7);
  };
  routine(BEHIND, false);
  for (let slot = SLOT; slot < CROSSING - SLOT; slot += SLOT) routine(slot, true);
  // nops, then at the last three bytes: mov eax,imm32
  for (at = CROSSING; at < PAGE - 3; ) put(0x90);
  places.add(PAGE - 3);
  bytes.set([0xb8, chance.below(256), 0], PAGE - 3);
  bytes.set([0, 0], 0);
  return bytes;
}

/** Handlers read what to do next from the list at RSI: an address, and its operands. */
const RUN = HANDLERS;
const MAP = HANDLERS + 0x100;
const MAP_AND_FLUSH = HANDLERS + 0x200;
const SWITCH = HANDLERS + 0x300;
const WRITE = HANDLERS + 0x400;
const END = HANDLERS + 0x500;
function writeHandlers(machine: BareMachine): void {
  // lodsq; jmp rax
  machine.write(RUN, '48ad ffe0');
  // lodsq; mov rdi,rax; lodsq; mov [rdi],rax; jmp r15
  machine.write(MAP, '48ad 4889c7 48ad 488907 41ffe7');
  // the same; lodsq; invlpg [rax]; jmp r15
  machine.write(MAP_AND_FLUSH, '48ad 4889c7 48ad 488907 48ad 0f0138 41ffe7');
  // lodsq; mov cr3,rax; jmp r15
  machine.write(SWITCH, '48ad 0f22d8 41ffe7');
  // lodsq; mov rdi,rax; lodsq; mov [rdi],eax; jmp r15
  machine.write(WRITE, '48ad 4889c7 48ad 8907 41ffe7');
  machine.write(END, 'f4');
}

function programOf(chance: Chance, isFlushed: boolean): Program {
  const places = new Set<number>();
  const immediates = new Set<number>();
  const frames = FRAMES.map(() => frameOf(chance, places, immediates));
  const program: Program = { frames, places: [...places], immediates: [...immediates], actions: [] };
  const { actions } = program;
  for (let i = 0; i < 500; i++) {
    const kind = chance.below(20);
    if (kind < 15) {
      const page = chance.below(3) === 0 ? BigInt(chance.of(FRAMES.slice(0, -1))) : pageOf(chance.below(PAGES));
      const slot = chance.below(5) === 0 ? CROSSING : chance.below(8) === 0 ? BEHIND : SLOT * (1 + chance.below(29));
      actions.push(page + BigInt(slot));
    } else if (kind < 18) {
      const page = chance.below(PAGES);
      const flushes = isFlushed || chance.below(3) === 0;
      actions.push(BigInt(flushes ? MAP_AND_FLUSH : MAP), BigInt(chance.of(TABLES)[3] + page * 8), entryOf(chance.of(FRAMES)));
      if (flushes) actions.push(pageOf(page));
    } else if (kind === 18) actions.push(BigInt(SWITCH), BigInt(chance.of(TABLES)[0]));
    else actions.push(BigInt(WRITE), BigInt(chance.of(FRAMES) + chance.of(program.immediates)), BigInt(chance.below(0x7fff_ffff)));
  }
  actions.push(BigInt(END));
  return program;
}

function machineOf(tier: Tier, { frames, actions }: Program): BareMachine {
  const machine = new BareMachine({ tier });
  const state = machine.longMode();
  for (const [level4, level3, level2, level1] of TABLES) {
    machine.write(level4, u64(entryOf(level3)));
    machine.write(level3, u64(entryOf(0x3000)));
    machine.write(level3 + 8, u64(entryOf(level2)));
    machine.write(level2, u64(entryOf(level1)));
    // One page more, which jumps and instructions go on to, always ends the chain.
    for (let page = 0; page <= PAGES; page++) machine.write(level1 + page * 8, u64(entryOf(page === PAGES ? 0x2_4000 : FRAMES[page % 3]!)));
  }
  frames.forEach((bytes, i) => {
    machine.write(FRAMES[i]!, bytes);
  });
  const last = new Uint8Array(PAGE).fill(0xf4);
  for (const at of [BEHIND, ...Array.from({ length: 31 }, (_, i) => (i + 1) * SLOT)]) last.set([0x41, 0xff, 0xe7], at);
  last.set([0, 0], 0);
  machine.write(0x2_4000, last);
  writeHandlers(machine);
  actions.forEach((action, i) => {
    machine.write(ACTIONS + i * 8, u64(action));
  });
  state.setGpr(4, BigInt(STACK));
  state.setGpr(6, BigInt(ACTIONS));
  state.setGpr(15, BigInt(RUN));
  state.setU64('rip', BigInt(RUN));
  return machine;
}

interface Change {
  atRetired: number;
  linear: bigint[];
  physical: number[];
}
function changesOf(chance: Chance, { places }: Program, isFlushed: boolean): Change[] {
  const changes: Change[] = [];
  let atRetired = 0;
  for (let i = 0; i < 60; i++) {
    const count = chance.of([0, 1, 3, 30]);
    const page = (): bigint => (chance.below(3) === 0 ? BigInt(chance.of(FRAMES)) : pageOf(chance.below(PAGES)));
    const linear = Array.from({ length: count }, () => page() + BigInt(chance.of(places)));
    // Nothing leads there.
    for (let far = 0; far < chance.of([0, 50]); far++) linear.push(0x5000_0000n + BigInt(far * PAGE + chance.of(places)));
    const physical =
      !isFlushed || chance.below(2) === 0 ? [] : Array.from({ length: chance.below(4) }, () => chance.of(FRAMES) + chance.of(places));
    changes.push({ atRetired, linear, physical });
    atRetired += 1 + chance.below(chance.of([20, 600, 4000]));
  }
  return changes;
}

const lineOf = (machine: BareMachine): string => `${machine.engine.retired(0)} ${machine.state.u64('rip').toString(16)}`;

/** Single steps in the interpreter, without stop points: where they would be met. */
function stepped(program: Program, changes: readonly Change[]): string[] {
  const machine = machineOf('interpreter', program);
  const met: string[] = [];
  let next = 0;
  let linear = new Set<bigint>();
  let physical = new Set<number>();
  for (;;) {
    const retired = machine.engine.retired(0);
    for (let change = changes[next]; change !== undefined && change.atRetired <= retired; change = changes[++next]) {
      linear = new Set(change.linear);
      physical = new Set(change.physical);
    }
    const rip = machine.state.u64('rip');
    const isMet = linear.has(rip) || (physical.size > 0 && physical.has(machine.engine.translate(0, rip)!.gpa));
    if (isMet) met.push(lineOf(machine));
    if (machine.run(1).kind !== 'budget') return [...met, JSON.stringify(snapshot(machine))];
  }
}

/** The same met by the engine, in runs from change to change. */
function meet(tier: Tier, program: Program, changes: readonly Change[]): { met: string[]; machine: BareMachine } {
  const machine = machineOf(tier, program);
  const met: string[] = [];
  changes.forEach(({ atRetired, linear, physical }, i) => {
    if (atRetired > machine.engine.retired(0)) return;
    machine.engine.setStopPoints(linear, physical);
    const end = changes[i + 1]?.atRetired ?? Number.POSITIVE_INFINITY;
    while (machine.engine.retired(0) < end) {
      const result = machine.run(Math.min(end - machine.engine.retired(0), 1_000_000));
      if (result.kind === 'halted') return;
      if (result.kind === 'budget') continue;
      assert.equal(result.kind, 'stop-point');
      met.push(lineOf(machine));
      machine.state.setU32('resumeFlag', 1);
    }
  });
  return { met: [...met, JSON.stringify(snapshot(machine))], machine };
}

const KINDS = ['stale entries, points at linear addresses', 'every change flushed, points at physical addresses too'] as const;

/** Both tiers beside the stepped guest. */
function compare(chance: Chance, kind: (typeof KINDS)[number]): { points: number; compiled: number } {
  let points = 0;
  let compiled = 0;
  // Chance may pass by most of the points of three programs.
  for (let round = 0; round < ROUNDS || (points <= ENOUGH && round < 10 * ROUNDS); round++) {
    const isFlushed = kind.startsWith('every');
    const program = programOf(chance, isFlushed);
    const changes = changesOf(chance, program, isFlushed);
    const expected = stepped(program, changes);
    points += expected.length - 1;
    for (const tier of ['interpreter', 'jit'] as const) {
      const { met, machine } = meet(tier, program, changes);
      assert.deepEqual(met, expected, `${tier}, round ${round}, seed ${chance.seed}`);
      compiled += machine.engine.statistics().regionsCompiled;
    }
  }
  return { points, compiled };
}

describe('engine: stop points where code has several addresses', function () {
  this.timeout(300_000);
  const chance = new Chance();
  before(() => {
    chance.announce();
  });

  for (const kind of KINDS)
    it(`random programs (${kind}) meet what a stepped guest comes by`, () => {
      const { points, compiled } = compare(chance, kind);
      assert.ok(points > ENOUGH && compiled > ENOUGH, `${points} met, ${compiled} regions`);
    });

  it('the program of a seed whose region left at the RIP of another page that its frame is mapped at', () => {
    compare(new Chance(1_997_138_506), KINDS[0]);
  });

  it('points in pages that hot code is not in leave it as it is', () => {
    for (const tier of ['interpreter', 'auto'] as const) {
      const machine = loopOf(tier);
      assert.equal(machine.run(1_000_000).kind, 'budget');
      const before = machine.engine.statistics();
      machine.engine.setStopPoints(
        Array.from({ length: PAGE }, (_, i) => 0x5000_0000n + BigInt(i)),
        [0x8_0003],
      );
      assert.equal(machine.run(1_000_000).kind, 'budget');
      machine.engine.setStopPoints([], []);
      assert.equal(machine.run(1_000_000).kind, 'budget');
      const { blocksDecoded, regionsCompiled, regionsDropped } = machine.engine.statistics();
      assert.deepEqual({ blocksDecoded, regionsCompiled, regionsDropped }, pick(before));
    }
  });

  it('a point set in a loop of a vCPU that waits, or that is put back, is met', () => {
    for (const tier of ['interpreter', 'auto'] as const) {
      const machine = loopOf(tier, 2);
      const { engine } = machine;
      assert.equal(machine.run(1_000_000, 1).kind, 'budget');
      assert.equal(machine.run(100).kind, 'budget');
      const saved = engine.saveVcpu(1);
      engine.setStopPoints([BigInt(HANDLERS + 3)], []);
      assert.equal(machine.run(100, 1).kind, 'stop-point');
      engine.setStopPoints([], []);
      machine.state.setU32('resumeFlag', 1);
      assert.equal(machine.run(100, 1).kind, 'budget');
      engine.restoreVcpu(1, saved);
      assert.equal(machine.run(100, 1).kind, 'budget');
      engine.setStopPoints([BigInt(HANDLERS + 3)], []);
      engine.restoreVcpu(1, saved);
      assert.equal(machine.run(100, 1).kind, 'stop-point');
    }
  });

  it('outside flat modes the base of CS counts', () => {
    const machine = new BareMachine();
    const { state } = machine;
    state.setU32('activity', 0);
    state.setSegment(Seg.cs, { selector: 0x1ff0, access: 0x9b, limit: 0xffff, base: BigInt(HANDLERS - 1) });
    state.setU64('rip', 1n);
    machine.write(HANDLERS, '90 90 ebfd');
    machine.engine.setStopPoints([BigInt(HANDLERS + 1)], []);
    const result = machine.run(100);
    assert.deepEqual(result, { kind: 'stop-point', rip: 2n, linear: BigInt(HANDLERS + 1), gpa: HANDLERS + 1, again: false });
  });

  it('a point at a physical address follows what is fetched, not what the tables say meanwhile', () => {
    for (const tier of ['interpreter', 'jit'] as const) {
      const machine = new BareMachine({ tier });
      const state = machine.longMode();
      machine.write(0x2008, u64(entryOf(0x8000)));
      machine.write(0x8000, u64(entryOf(0x9000)));
      machine.write(0x9000, u64(entryOf(0x2_0000)));
      // mov rdi,0x9000; mov [rdi],rax (the page leads to the other frame now); nop; hlt
      for (const frame of [0x2_0000, 0x2_1000]) machine.write(frame, '48c7c700900000 488907 90 f4');
      state.setGpr(0, entryOf(0x2_1000));
      state.setU64('rip', BigInt(PAGES_AT));
      machine.engine.setStopPoints([], [0x2_000a, 0x2_100a]);
      const { kind, gpa } = machine.run(100) as { kind: string; gpa?: number };
      assert.deepEqual({ kind, gpa }, { kind: 'stop-point', gpa: 0x2_000a });
    }
  });
});

/** 1: add eax,1; jmp 1b */
function loopOf(tier: Tier, vcpus = 1): BareMachine {
  const machine = new BareMachine({ tier, vcpus });
  for (let vcpu = 0; vcpu < vcpus; vcpu++) machine.longMode(vcpu).setU64('rip', BigInt(HANDLERS));
  machine.write(HANDLERS, '83c001 ebfb');
  return machine;
}
const pick = ({ blocksDecoded, regionsCompiled, regionsDropped }: EngineStatistics) => ({ blocksDecoded, regionsCompiled, regionsDropped });
