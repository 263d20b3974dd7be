// Calls of the core: few where the guest's code is fast, short by the host's clock where it is not.
import assert from 'node:assert/strict';
import { Chunk, LEAST_NS, MOST_NS } from '../../../src/debug/host-link/chunk';

describe('the virtual time of a call', () => {
  it('grows while calls are short, and starts again where one was long', () => {
    const chunk = new Chunk();
    assert.equal(chunk.ns, LEAST_NS);
    chunk.took(0.1);
    assert.equal(chunk.ns, 2 * LEAST_NS);
    chunk.took(1.5);
    assert.equal(chunk.ns, 2 * LEAST_NS);
    for (let i = 0; i < 10; i++) chunk.took(0.9);
    assert.equal(chunk.ns, MOST_NS);
    chunk.took(20);
    assert.equal(chunk.ns, LEAST_NS);
  });
});
