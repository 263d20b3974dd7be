// Stacks that are followed by numbers alone: each is what unwinding in general finds, and nearly all of a guest's are such.
import assert from 'node:assert/strict';
import { FrameFinder } from '../../../src/debug/profile/frames';
import { PlainStacks } from '../../../src/debug/profile/plain-stacks';
import { WordReader } from '../../../src/debug/profile/sample-words';
import { PROFILE_REGISTERS, type ProfileSample } from '../../../src/machine/control/profile-types';
import type { UnwindRow } from '../../../src/symbols/dwarf/unwind-row';
import type { OrcKind, OrcRow } from '../../../src/symbols/orc';
import type { SymbolFile } from '../../../src/symbols/symbol-file';
import { sampled } from './sampled';

/** As if the image had no call frame information: then frames are found by RBP. */
function withoutFrames(file: SymbolFile): SymbolFile {
  return new Proxy(file, { get: (of, name) => (name === 'unwindRow' ? () => undefined : Reflect.get(of, name, of)) });
}

/** As if the image were Linux's, which has ORC for the same code: `kindOf` says what it tells of a function. */
function withOrc(kindOf: (name: string) => OrcKind, described: (row: UnwindRow) => UnwindRow | undefined) {
  return (file: SymbolFile): SymbolFile => {
    const orcRow = (address: bigint): OrcRow | undefined => {
      const row = file.unwindRow(address);
      const name = file.symbolAt(address)?.name;
      return row && name !== undefined ? { orc: kindOf(name), ...row, registers: knownToOrc(row.registers) } : undefined;
    };
    const unwindRow = (address: bigint): UnwindRow | undefined => {
      const row = file.unwindRow(address);
      return row && described(row);
    };
    const changed = { orcRow, unwindRow };
    return new Proxy(file, { get: (of, name) => Reflect.get(Object.hasOwn(changed, name) ? changed : of, name, of) });
  };
}
/** The return address, and RBP where it was saved. */
const knownToOrc = (registers: UnwindRow['registers']): UnwindRow['registers'] =>
  new Map([...registers].filter(([number]) => number === 6 || number === 16));

/** How many of them are plain; all of these are as unwinding says. */
async function plainOnes({ samples, context }: Pick<ReturnType<typeof sampled>, 'samples' | 'context'>): Promise<number> {
  const finder = new FrameFinder(context);
  let plain = 0;
  for (const [i, each] of samples.entries()) {
    const known = finder.plainOf(each);
    if (known === undefined) continue;
    plain++;
    assert.deepEqual(known.found, await finder.unwind(each), `sample ${i}`);
  }
  return plain / samples.length;
}

describe('plain stacks', function () {
  this.timeout(300_000);

  it('are as unwinding finds them', async () => {
    const share = await plainOnes(sampled(2048));
    assert.ok(share > 0.9, `${share} of all`);
  });

  it('are so by frame pointers, where there is no call frame information', async () => {
    const share = await plainOnes(sampled(2048, withoutFrames));
    assert.ok(share > 0.2, `${share} of all`);
  });

  it('are so by ORC, alone and beside call frame information', async () => {
    const alone = await plainOnes(
      sampled(
        2048,
        withOrc(
          () => 'call',
          () => undefined,
        ),
      ),
    );
    assert.ok(alone > 0.9, `${alone} of all`);
    const both = await plainOnes(
      sampled(
        2048,
        withOrc(
          () => 'call',
          (row) => row,
        ),
      ),
    );
    assert.ok(both > 0.9, `${both} of all`);
  });

  it('are left to unwinding where ORC and call frame information have different frames, or ORC tells of an interrupt', async () => {
    const off = (row: UnwindRow): UnwindRow =>
      row.cfa.kind === 'register' ? { ...row, cfa: { ...row.cfa, offset: row.cfa.offset + 8n } } : row;
    const differ = await plainOnes(
      sampled(
        2048,
        withOrc(() => 'call', off),
      ),
    );
    assert.ok(differ < 0.1, `${differ} of all`);
    const interrupts = await plainOnes(
      sampled(
        2048,
        withOrc(
          () => 'iret',
          (row) => row,
        ),
      ),
    );
    assert.ok(interrupts < 0.1, `${interrupts} of all`);
  });

  it('end where ORC says that they do', async () => {
    const ofMain = (name: string): OrcKind => (name === 'kmain' ? 'end' : 'call');
    const { samples, context } = sampled(
      2048,
      withOrc(ofMain, (row) => row),
    );
    const share = await plainOnes({ samples, context });
    assert.ok(share > 0.9, `${share} of all`);
    const finder = new FrameFinder(context);
    const stacks = samples.map((each) => finder.plainOf(each)?.found.frames.map(({ name }) => name) ?? []);
    assert.ok(stacks.filter(([outermost]) => outermost === 'kmain').length > 1000);
    assert.ok(stacks.every((names) => names.lastIndexOf('kmain') <= 0));
  });

  it('are so where little of a stack was kept', async () => {
    for (const stackBytes of [8, 24, 64, 200]) await plainOnes(sampled(stackBytes));
    for (const stackBytes of [16, 72]) await plainOnes(sampled(stackBytes, withoutFrames));
  });

  it('are told apart by their return addresses, also after many of them have been forgotten', () => {
    const guess = { kind: 'guess', byPointer: false, cfa: 0, returnAt: undefined, pointerAt: 'lost', mayBeInterrupt: false } as const;
    const code = {
      place: () => guess,
      frames: (pc: bigint, exact: boolean) => [`${pc}${exact ? '' : ' called'}`],
      isCode: () => true,
      result: (frames: readonly string[]) => frames.join(),
    };
    const stacks = new PlainStacks<string, string>(code, 128, 100);
    const reader = new WordReader();
    let known = 0;
    for (let i = 0; i < 3000; i++) {
      // Two frame pointers on the stack, and the outermost frame's, which is 0.
      const registers = new BigUint64Array(PROFILE_REGISTERS.length);
      const words = BigUint64Array.of(0x1018n, 0x8000n + BigInt(i % 7), 0n, 0n, 0xffff_8000_0000_0000n + BigInt(i % 40), 1n, 1n);
      for (const [name, value] of Object.entries({ rip: BigInt(i % 3), rsp: 0x1000n, rbp: 0x1000n, cs: 8n }))
        registers[PROFILE_REGISTERS.indexOf(name as 'rip')] = value;
      const stack = new Uint8Array(words.buffer);
      const found = stacks.find({ cpl: 0, mode: 'long64', stack }, reader.of({ registers, stack } as ProfileSample));
      if (found === undefined) continue;
      known++;
      assert.equal(found, `${words[4]} called,${words[1]} called,${i % 3}`);
    }
    assert.ok(known > 2900, `${known}`);
  });
});
