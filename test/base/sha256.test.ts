// SHA-256 beside Node's own.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { sha256 } from '../../src/base/sha256';

describe('base/sha256', () => {
  it('is the standard hash of the empty and of "abc" (FIPS 180-4)', () => {
    assert.equal(sha256(new Uint8Array(0)), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    assert.equal(sha256(new TextEncoder().encode('abc')), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
  it('agrees with the library at every length around a block, and for a large one', () => {
    for (const length of [...Array(200).keys(), 100_003]) {
      const bytes = randomBytes(length);
      assert.equal(
        sha256(bytes),
        createHash('sha256').update(bytes).digest('hex'),
        `${length} bytes ${bytes.toString('hex').slice(0, 500)}`,
      );
    }
  });
});
