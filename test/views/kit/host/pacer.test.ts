import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pacer } from '../../../../src/views/kit/host/pacer';

describe('a pace', () => {
  it('acts at once after quiet, and then once for all that asked', async () => {
    let acts = 0;
    const pacer = new Pacer(
      () => 10,
      () => acts++,
    );
    for (let i = 0; i < 5; i++) pacer.request();
    assert.equal(acts, 1);
    await sleep(150);
    assert.equal(acts, 2);
    pacer.request();
    pacer.dispose();
    await sleep(150);
    assert.equal(acts, 2);
  });
});
