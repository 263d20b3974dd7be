// The same inputs give the same run to the bit: one digest however the run is paced, recorded, saved and restored, and whichever Node runs it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figuresOfRun, runGuest } from '../support/cli';
import { sample } from '../support/guests';

const image = sample('kvm-c', 'kvm-c.elf');
const machine = ['--vcpus', '2', '--pcpus', '2', '--neighbour', 'duty=0.4,period=7ms'];
const script = { input: 'time\nsteal\nipi\nquit\n' };

describe('determinism', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-determinism-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const reference = () => runGuest(image, machine, script);

  it('the same piped script twice: same output, digest and statistics', () => {
    const [first, second] = [reference(), reference()];
    assert.equal(second.stdout, first.stdout);
    assert.deepEqual(figuresOfRun(second.stats), figuresOfRun(first.stats));
  });

  it('realtime pace gives the digest of fast pace', () => {
    assert.equal(runGuest(image, [...machine, '--pace', 'realtime'], script).stats.digest, reference().stats.digest);
  });

  it('tracing on or off gives one digest', () => {
    assert.equal(runGuest(image, [...machine, '--trace', join(folder, 'trace.json')], script).stats.digest, reference().stats.digest);
  });

  it('recorded typing replayed gives the same run', () => {
    const log = join(folder, 'typing.log');
    const recorded = runGuest(image, [...machine, '--record', log], script);
    const replayed = runGuest(image, [...machine, '--replay', log]);
    assert.equal(replayed.stdout, recorded.stdout);
    assert.equal(replayed.stats.digest, recorded.stats.digest);
  });

  it('another machine configuration gives another run', () => {
    assert.notEqual(runGuest(image, ['--vcpus', '2', '--pcpus', '1'], script).stats.digest, reference().stats.digest);
  });
});
