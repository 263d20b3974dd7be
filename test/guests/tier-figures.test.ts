// What --stats says of the tiers, on guests that loop, change their own code and take exits: who ran how much, what compiling came to, what died.
import assert from 'node:assert/strict';
import { runGuest, type Stats, type TierFigures } from '../support/cli';
import { guestTest, sample } from '../support/guests';

const figures = (image: string, tier: string, args: readonly string[] = []): { stats: Stats; tiers: TierFigures } => {
  const { stats } = runGuest(image, [...args, '--tier', tier], { input: 'time\nquit\n' });
  const [engine, ...more] = stats.process.engine;
  assert.equal(more.length, 0, 'one VM');
  const { interpreter, compiled } = engine!.tiers;
  assert.equal(
    interpreter.instructions! + compiled.instructions!,
    stats.instructions,
    `${tier}: the tiers' instructions are all instructions`,
  );
  assert.ok(interpreter.instructions! >= 0 && compiled.instructions! >= 0, JSON.stringify(engine!.tiers));
  assert.equal(compiled.regionsLive! + compiled.regionsDropped!, compiled.regionsCompiled, `${tier}: a region lives or is gone`);
  return { stats, tiers: engine!.tiers };
};

describe('statistics of the tiers in --stats', () => {
  const kvmC = sample('kvm-c', 'kvm-c.elf');
  const machine = ['--vcpus', '2'];

  it('the interpreter compiles nothing', () => {
    const { tiers } = figures(kvmC, 'interpreter', machine);
    for (const [name, value] of Object.entries(tiers.compiled)) assert.equal(value, 0, name);
    assert.ok(tiers.interpreter.dispatches! > 0 && tiers.interpreter.blocksDecoded! > 0, JSON.stringify(tiers.interpreter));
  });

  it('compiled at once, most instructions are compiled code, which took bytes and time', () => {
    const from = performance.now();
    const { tiers, stats } = figures(kvmC, 'jit', machine);
    const wallMs = performance.now() - from;
    const { instructions, regionsCompiled, regionBytes, regionCompileMs } = tiers.compiled;
    assert.ok(instructions! > stats.instructions / 2, `${instructions} of ${stats.instructions}`);
    assert.ok(regionsCompiled! > 20, `${regionsCompiled} regions`);
    assert.ok(regionBytes! > 200 * regionsCompiled!, `${regionBytes} bytes`);
    assert.ok(regionCompileMs! > 0 && regionCompileMs! < wallMs, `${regionCompileMs} ms`);
    const { dispatches } = figures(kvmC, 'interpreter', machine).tiers.interpreter;
    assert.ok(tiers.interpreter.dispatches! < dispatches! / 2, `${tiers.interpreter.dispatches} of ${dispatches} dispatches are left`);
  });

  it('code that is changed is counted, and the regions it was in', () => {
    const plain = figures(guestTest('mixed-work'), 'jit').tiers;
    assert.ok(plain.interpreter.codeInvalidations! > 0, JSON.stringify(plain));
    assert.ok(plain.compiled.regionsDropped! > 0, JSON.stringify(plain));
  });

  it('the most frequent exits come first', () => {
    const { stats } = figures(kvmC, 'auto', machine);
    const counts = stats.topExits.map((reason) => stats.exits[reason]!.count);
    assert.equal(counts.length, Math.min(5, Object.keys(stats.exits).length));
    assert.deepEqual(
      counts,
      Object.values(stats.exits)
        .map(({ count }) => count)
        .toSorted((a, b) => b - a)
        .slice(0, 5),
    );
  });
});
