import assert from 'node:assert/strict';
import { Speed, speedText } from '../../src/host/speed';

describe('the speed in the status bar', () => {
  it('needs two counts', () => {
    const speed = new Speed();
    assert.equal(speed.perSecond, undefined);
    speed.add(0, 1000);
    assert.equal(speed.perSecond, undefined);
    speed.add(500, 50_001_000);
    assert.equal(speed.perSecond, 100e6);
  });
  it('forgets what is long past, and what was before a stop or a restart', () => {
    const speed = new Speed();
    for (let n = 0; n <= 20; n++) speed.add(n * 500, n < 10 ? 0 : (n - 10) * 1e6);
    assert.equal(speed.perSecond, 2e6);
    speed.pause();
    assert.equal(speed.perSecond, undefined);
    speed.add(0, 5e6);
    speed.add(500, 0);
    assert.equal(speed.perSecond, undefined);
  });
  it('is said in MIPS', () => {
    assert.equal(speedText(85.4e6), '85 MIPS');
    assert.equal(speedText(2.34e6), '2.3 MIPS');
    assert.equal(speedText(100), 'idle');
  });
});
