// What a guest of Xen can ask for is bounded: memory of the host, and work in one call.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { STORE_REQUESTS, StoreRefusal, type StoreRequest } from '../../../src/pv/xen/store/requests';
import { XenStore } from '../../../src/pv/xen/store/store';
import { guest } from './fake-host';

const STORE = 0xfeff_b000;
const READ = 2;
const text = (of: string): Uint8Array => new TextEncoder().encode(of);

function storeOf(): {
  store: XenStore;
  events: string[];
  ask(name: keyof typeof STORE_REQUESTS, payload: string, transaction?: number): string;
} {
  const events: string[] = [];
  const store = new XenStore(1, (path, token) => events.push(`${path} ${token}`));
  store.clear();
  store.write('/local/domain/1', '');
  store.setPermissions('/local/domain/1', 'n1');
  return {
    store,
    events,
    ask(name, payload, transaction = 0) {
      const later: (() => void)[] = [];
      const request: StoreRequest = { store, transaction, payload: text(payload), later: (body) => later.push(body) };
      try {
        const answer = new TextDecoder().decode(STORE_REQUESTS[name]!(request));
        for (const body of later) body();
        return answer;
      } catch (refusal) {
        if (!(refusal instanceof StoreRefusal)) throw refusal;
        return refusal.name;
      }
    },
  };
}

describe('pv/xen: limits', () => {
  it('a transaction looks at so many nodes and no more, and remembers a path that it writes again once', () => {
    const { store, ask } = storeOf();
    const id = Number.parseInt(ask('transaction-start', '\0'), 10);
    for (let i = 0; i < 500; i++) ask('write', 'same\0x', id);
    assert.deepEqual([...store.transaction(id)!.changed], ['/local/domain/1/same']);
    const answers = Array.from({ length: 400 }, (_, i) => ask('read', `none${i}\0`, id));
    assert.equal(answers[0], 'ENOENT');
    assert.equal(answers.at(-1), 'ENOSPC');
    assert.ok(answers.filter((each) => each === 'ENOENT').length < 256);
    assert.equal(ask('transaction-end', 'T\0', id), 'OK\0');
  });

  it('names are sorted however they come, and a directory that is too long is read in parts', () => {
    const { ask } = storeOf();
    const names = Array.from({ length: 600 }, (_, i) => `name-${(i * 7919) % 600}`);
    for (const name of names) assert.equal(ask('mkdir', `d/${name}\0`), 'OK\0');
    assert.equal(ask('directory', 'd\0'), 'E2BIG');
    let [all, at] = ['', 0];
    for (let part = ''; !part.endsWith('\0\0'); at = all.length) {
      part = ask('directory-part', `d\0${at}\0`);
      all += part.slice(part.indexOf('\0') + 1);
    }
    assert.deepEqual(all.split('\0').slice(0, -2), [...names].sort());
  });

  it('requests that come together are answered in pieces, a little later each', () => {
    const { host, call, struct, u32 } = guest();
    // 64 requests without a payload: none of them says a path.
    for (let i = 0; i < 64; i++) host.memory.write(STORE + i * 16, Uint8Array.of(READ, 0, 0, 0));
    host.memory.write(STORE + 2052, Uint8Array.of(0, 4, 0, 0));
    const answers = (): number => {
      // Each is a header and "EINVAL"; room is made as the guest would.
      const produced = u32(STORE + 2060);
      host.memory.write(STORE + 2056, Uint8Array.of(produced, produced >> 8, produced >> 16, produced >> 24));
      return produced / 23;
    };
    call(32, 4, struct([[0, 4, 1]]));
    assert.equal(answers(), 16);
    host.until(host.ns + 10_000);
    assert.equal(answers(), 32);
    for (let i = 0; i < 3; i++) host.until(host.ns + 10_000);
    assert.equal(answers(), 64);
  });

  it('a console ring with wrong indexes is told of by one text, whatever they are', () => {
    const { host, call, struct } = guest();
    for (const wrong of [9, 77, 200]) {
      host.memory.write(0xfeff_d000 + 3084, Uint8Array.of(0, wrong, wrong, 0));
      call(32, 4, struct([[0, 4, 2]]));
    }
    assert.equal(new Set(host.log.filter((each) => each.includes('console ring'))).size, 1);
  });

  it('the highest frame is the highest that ever had a page', () => {
    const { host, call, struct } = guest();
    const maximum = (): bigint => call(12, 14, struct([[0, 2, 0x7ff0]]));
    const before = maximum();
    host.memory.write(0x9000, new Uint8Array(new BigUint64Array([before]).buffer));
    assert.equal(
      call(
        12,
        1,
        struct([
          [0, 8, 0x9000],
          [8, 8, 1],
          [24, 2, 0x7ff0],
        ]),
      ),
      1n,
    );
    assert.equal(maximum(), before);
  });
});
