// The display and the keyboard of a guest through the adapter: text cells, keys, a framebuffer piece by piece, only what has changed.
import assert from 'node:assert/strict';
import { inflateRawSync } from 'node:zlib';
import { createHost } from '../../src/dap/hosts';
import { CP437 } from '../../src/devices/vga/cp437.rows';
import type { ScreenAnswer } from '../../src/protocol/requests';
import { needs } from '../support/compiler';
import { screenGuest } from '../support/guests';
import { TestClient } from './support/client';

const start = async (image: string, machine: 'pc' | 'minimal' = 'pc') => {
  const client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
  await client.start({ image: screenGuest(image), machine, pace: 'fast', console: 'none' }, async () => {});
  return client;
};
const rowsOf = (answer: ScreenAnswer): string[] => {
  assert.equal(answer.kind, 'text');
  if (answer.kind !== 'text') return [];
  const cells = Buffer.from(answer.cells, 'base64');
  return Array.from({ length: answer.rows }, (_, row) =>
    Array.from({ length: answer.columns }, (_cell, column) => CP437[cells[2 * (row * answer.columns + column)]!])
      .join('')
      .trimEnd(),
  );
};

describe('the screen through the adapter', () => {
  it('shows text while the guest runs, and says when nothing has changed; keys reach the guest', async function () {
    needs(this, 'gcc', 'make');
    const client = await start('screen.elf');
    const screen = (shown: number) => client.request<ScreenAnswer>('hyperscope/screen', { shown });
    const until = async (row: number, text: string) => {
      for (;;) {
        const answer = await screen(0);
        if (rowsOf(answer)[row] === text) return answer;
        await new Promise((done) => setTimeout(done, 20));
      }
    };
    const answer = await until(24, '>');
    assert.equal(rowsOf(answer)[21], 'line 30');
    assert.equal(answer.kind === 'text' && answer.cursor?.row, 24);
    assert.deepEqual(await screen(answer.kind === 'text' ? answer.shown : 0), { kind: 'same' });
    const press = (code: string) => [
      { code, down: true },
      { code, down: false },
    ];
    await client.request('hyperscope/keys', { keys: [...press('KeyH'), ...press('KeyI'), ...press('F13'), ...press('Enter')] });
    await until(23, 'you said hi');
    await client.end();
  }).timeout(300_000);

  it('a framebuffer comes in bands, and then only what has changed', async function () {
    needs(this, 'gcc', 'make');
    const client = await start('framebuffer.elf');
    await client.stopped();
    const screen = (shown: number) => client.request<ScreenAnswer>('hyperscope/screen', { shown });
    const image = Buffer.alloc(640 * 400 * 4);
    let shown = 0;
    for (let more = true; more; ) {
      const answer = await screen(shown);
      if (answer.kind !== 'framebuffer') return assert.fail(answer.kind);
      assert.deepEqual([answer.width, answer.height], [640, 400]);
      for (const { y, pixels } of answer.bands) inflateRawSync(Buffer.from(pixels, 'base64')).copy(image, y * 640 * 4);
      ({ shown, more } = answer);
    }
    assert.equal(image.readUInt32LE(0), 0xffffff);
    assert.equal(image.readUInt32LE((200 * 640 + 320) * 4), 0x7f7f40);
    assert.deepEqual(await screen(shown), { kind: 'same' });
    await client.end();
  }).timeout(300_000);

  it('a machine without a display says so', async function () {
    needs(this, 'gcc', 'make');
    const client = await start('screen.elf', 'minimal');
    assert.deepEqual(await client.request('hyperscope/screen', { shown: 0 }), { kind: 'none' });
    await client.end();
  }).timeout(300_000);
});
