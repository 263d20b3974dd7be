// A host whose samples nobody reads stands still, says so once, and leaves the processor to others; read, it goes on.
import assert from 'node:assert/strict';
import { InProcessControl } from '../../../src/debug/host-link/in-process';
import { hostConfig } from '../../machine/fake-host';
import { imageFile } from '../../machine/images';

const WAIT_MS = 200;
const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe('debug/host-link: samples that are not read', () => {
  it('hold the host without using the processor', async () => {
    const control = new InProcessControl(
      hostConfig({ image: imageFile('samples/kvm-c/kvm-c.elf'), memory: 32 << 20, maxMemory: 32 << 20 }),
    );
    let times = 0;
    const full = new Promise<void>((resolve) =>
      control.onEvent(({ kind }) => {
        if (kind !== 'samples-wait') return;
        times++;
        resolve();
      }),
    );
    try {
      await control.profile({ every: 10, unit: 'ns', stackBytes: 0 });
      await control.resume();
      await full;
      await wait(WAIT_MS / 10);
      const { core } = control;
      const advance = core.advance.bind(core);
      let calls = 0;
      core.advance = (...way) => {
        calls++;
        return advance(...way);
      };
      await wait(WAIT_MS);
      assert.ok(calls > 0 && calls <= WAIT_MS, `${calls} calls in ${WAIT_MS} ms`);
      assert.equal(times, 1);
      assert.ok((await control.profileSamples()).samples.length >= 2048);
      await wait(WAIT_MS / 4);
      const { samples } = await control.profileSamples();
      assert.ok(samples.length > 0, 'it goes on');
    } finally {
      await control.dispose();
    }
  });
});
