// Rows of disassembly around an address: exactly as many as asked for, in both directions, also beside memory that cannot be read.
import assert from 'node:assert/strict';
import { InstructionDecoder } from '../../src/debug/disassembly/decoder';
import { Listing } from '../../src/debug/disassembly/listing';
import type { VcpuStop } from '../../src/debug/frames/vcpu-stop';

const BASE = 0x1000n;
/** Three instructions; the first holds bytes that are NOPs when they are taken for code. */
const CODE = Uint8Array.from(Buffer.from('48b89090909090909090' + 'ffc0' + 'c3', 'hex'));

describe('a listing', () => {
  let decoder: InstructionDecoder;
  before(async () => {
    decoder = await InstructionDecoder.load();
  });

  /** Nothing but the code can be read. */
  const listing = (symbol: boolean) => {
    const read = async (at: bigint, length: number) => {
      const from = Number(at - BASE);
      return from < 0 ? new Uint8Array(0) : CODE.slice(from, from + length);
    };
    const symbolAt = (address: bigint) => (symbol && address >= BASE ? { name: 'start', address: BASE } : undefined);
    const context = { addresses: { toLinked: (address: bigint) => address }, symbols: { symbolAt } };
    return new Listing({ file: { mode: 'long64' }, guestMemory: { read }, context } as unknown as VcpuStop, decoder);
  };
  const texts = async (symbol: boolean, address: bigint, offset: number, count: number) =>
    (await listing(symbol).rows(address, offset, count)).map((row) => row && `${row.address.toString(16)} ${row.text}`);
  const whole = ['1000 mov rax, 0x9090909090909090', '100a inc eax', '100c ret'];

  it('goes on before the first byte that can be read, and behind the last, with rows that say so', async () => {
    assert.deepEqual(await texts(true, BASE + 10n, -4, 8), [undefined, undefined, undefined, ...whole, undefined, undefined]);
    assert.deepEqual(await texts(true, BASE, -2, 2), [undefined, undefined]);
    assert.deepEqual(await texts(true, 0xdead_0000n, -3, 5), Array(5).fill(undefined));
  });

  it('finds instructions backwards from the symbol that they belong to', async () => {
    assert.deepEqual(await texts(true, BASE + 12n, -2, 3), whole);
  });

  it('without one, guesses rows that end where they must', async () => {
    const [first, second] = await texts(false, BASE + 12n, -2, 2);
    assert.equal(second, whole[1]);
    assert.ok(first === whole[0] || first === '1009 nop', first);
  });

  it('takes any part of that: far before, far behind', async () => {
    assert.deepEqual(await texts(true, BASE, 1, 2), whole.slice(1));
    assert.deepEqual(await texts(true, BASE + 13n, -3, 2), whole.slice(0, 2));
  });
});
