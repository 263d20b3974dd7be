import assert from 'node:assert/strict';
import { SeenMemory } from '../../../src/debug/memory/seen-memory';

const PAGE = 4096;

describe('memory that was looked at', () => {
  let ram: Uint8Array;
  let seen: SeenMemory;
  let reads: bigint[];
  /** Two pages of RAM from 0x1000 on. */
  const readPage = async (base: bigint): Promise<Uint8Array> => {
    reads.push(base);
    const at = Number(base) - PAGE;
    return at < 0 || at >= ram.length ? new Uint8Array(0) : ram.slice(at, at + PAGE);
  };
  const look = (address: bigint, length: number, keep = true) => seen.read('m', address, length, readPage, keep);
  beforeEach(() => {
    ram = new Uint8Array(2 * PAGE);
    seen = new SeenMemory();
    reads = [];
  });

  it('is compared with the stop before', async () => {
    assert.deepEqual(await look(0x1ffen, 2), [{ offset: 0, bytes: Uint8Array.of(0, 0), before: Uint8Array.of(0, 0), isCompared: false }]);
    seen.moved();
    ram[0xfff] = 7;
    assert.deepEqual(await look(0x1ffen, 2), [{ offset: 0, bytes: Uint8Array.of(0, 7), before: Uint8Array.of(0, 0), isCompared: true }]);
  });
  it('is compared also where nobody looked at the stop between', async () => {
    await look(0x1000n, 1);
    seen.moved();
    ram[0] = 1;
    await look(0x2000n, 1);
    seen.moved();
    ram[0] = 2;
    const [piece] = await look(0x1000n, 1);
    assert.deepEqual([...piece!.before!], [1]);
  });
  it('is compared also where the stop before saw it through another address space', async () => {
    const frames = { frameOf: async (address: bigint) => address - 0x10000n, readFrame: readPage };
    const through = (memory: string) => seen.readMapped(memory, 0x11ffen, 2, (base) => readPage(base - 0x10000n), frames, true);
    await through('a');
    seen.moved();
    ram[0xfff] = 7;
    const [piece] = await through('b');
    assert.deepEqual(
      [[...piece!.bytes], [...piece!.before!]],
      [
        [0, 7],
        [0, 0],
      ],
    );
    // A frame that took the place of another: what the address showed counts.
    seen.moved();
    ram[0x1fff] = 9;
    const [other] = await seen.readMapped(
      'b',
      0x11ffen,
      2,
      (base) => readPage(base - 0xf000n),
      { ...frames, frameOf: async () => 0x2ffen },
      true,
    );
    assert.deepEqual(
      [[...other!.bytes], [...other!.before!]],
      [
        [0, 9],
        [0, 7],
      ],
    );
  });
  it('has pieces only where it can be read', async () => {
    const pieces = await look(0xff0n, 0x20);
    assert.deepEqual(
      pieces.map(({ offset, bytes }) => [offset, bytes.length]),
      [[0x10, 0x10]],
    );
    assert.deepEqual(await look(0x3000n, 16), []);
  });
  it('is not kept while the guest runs', async () => {
    await look(0x1000n, 1, false);
    ram[0] = 1;
    seen.moved();
    const [piece] = await look(0x1000n, 1);
    assert.deepEqual([...piece!.before!], [1]);
  });
  it('is compared with what it was first at this stop, where nobody looked at the one before', async () => {
    await look(0x1000n, 1);
    ram[0] = 5;
    const [piece] = await look(0x1000n, 1);
    assert.deepEqual([piece?.bytes[0], piece?.before?.[0]], [5, 0]);
  });
  it('is forgotten beyond 128 pages, the one looked at longest ago first', async () => {
    ram = new Uint8Array(200 * PAGE);
    for (let page = 0; page < 130; page++) await look(0x1000n + BigInt(page * PAGE), 1);
    seen.moved();
    reads = [];
    await look(0x1000n, 1);
    assert.equal(reads.length, 128 + 1);
    assert.ok(!reads.slice(0, 128).includes(0x1000n));
  });
});
