// Hypercalls by number: who may call, what they do to memory, lists that are done in pieces, and that all state is saved.
import assert from 'node:assert/strict';
import { ModeBit } from '../../../src/x86/layout';
import { encode } from '../kvm/encode';
import { ARG, guest } from './fake-host';

const DOMID_SELF = 0x7ff0;
const MEMORY = 12;
const GRANT = 20;

describe("Xen's hypercalls", () => {
  it('are refused outside CPL 0, and unknown ones by -ENOSYS', () => {
    const made = guest();
    made.state.setU32('cpl', 3);
    assert.equal(made.call(17, 0), -1n);
    made.state.setU32('cpl', 0);
    assert.deepEqual(
      [made.call(17, 0), made.call(99), made.call(1), made.call(36, 0), made.call(32, 99)],
      [0x4_0011n, -38n, -38n, -38n, -38n],
    );
  });

  it('are answered in 32 bits for 32-bit code, whose structures with longs are not known', () => {
    const made = guest();
    made.state.setU32('mode', ModeBit.code32);
    assert.equal(made.call(17), 0x4_0011n);
    assert.equal(made.call(MEMORY), 0xffff_ffdan);
  });

  it('CPUID and the hypercall page', () => {
    const { xen, host } = guest();
    const signature = xen.cpuid(1, 0x4000_0000, 0)!;
    assert.deepEqual(signature, { eax: 0x4000_0004, ebx: 0x566e_6558, ecx: 0x6558_4d4d, edx: 0x4d4d_566e });
    assert.deepEqual(xen.cpuid(1, 0x4000_0001, 0), { eax: 0x4_0011, ebx: 0, ecx: 0, edx: 0 }, 'version 4.17');
    assert.deepEqual(xen.cpuid(1, 0x4000_0002, 0), { eax: 1, ebx: 0x4000_0000, ecx: 0, edx: 0 }, 'one page, by this MSR');
    // A TSC of 2 GHz that is not emulated: ns = ticks << shift * mul >> 32.
    const [host0, offset, physical] = [0, 1, 2].map((subleaf) => xen.cpuid(1, 0x4000_0003, subleaf)!);
    assert.deepEqual(host0, { eax: 2, ebx: 0, ecx: 2_000_000, edx: 0 });
    const shift = offset!.edx | 0;
    const scaled = shift < 0 ? 2_000_000_000n >> BigInt(-shift) : 2_000_000_000n << BigInt(shift);
    assert.deepEqual([offset!.eax, offset!.ebx, (scaled * BigInt(offset!.ecx)) >> 32n], [0, 0, 1_000_000_000n]);
    assert.equal(physical!.eax, 2_000_000);
    assert.deepEqual(xen.cpuid(1, 0x4000_0004, 0), { eax: 0x58, ebx: 1, ecx: 1, edx: 0 });
    assert.equal(xen.writeMsr(0, 0x4000_0000, 0x5000n), true);
    assert.deepEqual([...host.memory.read(0x5000 + 32 * 32, 9)!], [0xb8, 32, 0, 0, 0, 0x0f, 0x01, 0xc1, 0xc3]);
    assert.equal(xen.writeMsr(0, 0x4000_0000, 0x5001n), false);
  });

  it('the balloon gives frames back and takes them again, in pieces', () => {
    const made = guest();
    const list = 0x1_0000;
    for (let i = 0; i < 100; i++) made.host.view.setBigUint64(list + i * 8, BigInt(64 + i), true);
    const reservation = () =>
      made.struct([
        [0, 8, list],
        [8, 8, 100],
        [24, 2, DOMID_SELF],
      ]);
    const domain = () => made.struct([[0, 2, DOMID_SELF]]);
    const all = made.call(MEMORY, 3, domain());
    assert.equal(made.call(MEMORY, 1, reservation()), 100n);
    assert.ok(made.pieces >= 3, 'no call does it all');
    assert.equal(made.host.map.get(64), undefined);
    assert.equal(made.call(MEMORY, 3, domain()), all - 100n);
    assert.equal(made.call(MEMORY, 6, reservation()), 100n);
    assert.equal(made.call(MEMORY, 3, domain()), all);
    assert.equal(made.call(MEMORY, 6, reservation()), 0n, 'something is there already');
  });

  it('several calls in one, also some that go on', () => {
    const made = guest();
    const [entries, list] = [0x2_0000, 0x1_0000];
    for (let i = 0; i < 100; i++) made.host.view.setBigUint64(list + i * 8, BigInt(64 + i), true);
    const reservation = made.struct([
      [0, 8, list],
      [8, 8, 100],
      [24, 2, DOMID_SELF],
    ]);
    const calls = [[17, 0], [MEMORY, 1, reservation], [99], [13, 0, 0]];
    for (const [i, [nr = 0, ...args]] of calls.entries()) {
      made.host.view.setBigUint64(entries + i * 64, BigInt(nr), true);
      for (const [j, value] of args.entries()) made.host.view.setBigUint64(entries + i * 64 + 16 + j * 8, BigInt(value), true);
    }
    assert.equal(made.call(13, entries, calls.length), 0n);
    assert.deepEqual(
      calls.map((_, i) => made.host.view.getBigInt64(entries + i * 64 + 8, true)),
      [0x4_0011n, 100n, -38n, -22n],
    );
    assert.ok(made.pieces >= 3);
  });

  it('grants: of format 1 and 2, mapped and copied, with the words that say so', () => {
    for (const version of [1, 2]) {
      const made = guest();
      made.host.memory.write(ARG, Uint8Array.of(version, 0, 0, 0));
      assert.equal(made.call(GRANT, 8, ARG, 1), 0n);
      assert.equal(
        made.call(
          MEMORY,
          7,
          made.struct([
            [0, 2, DOMID_SELF],
            [4, 4, 1],
            [16, 8, 0x40],
          ]),
        ),
        0n,
      );
      if (version === 2)
        assert.equal(
          made.call(
            MEMORY,
            7,
            made.struct([
              [0, 2, DOMID_SELF],
              [4, 4, 1],
              [8, 8, 0x8000_0000],
              [16, 8, 0x41],
            ]),
          ),
          0n,
        );
      // Entry 8: frame 0x50, read only, for the domain itself.
      const entry = 0x4_0000 + 8 * (version === 1 ? 8 : 16);
      const status = version === 1 ? entry : 0x4_1000 + 8 * 2;
      made.host.memory.write(entry, Uint8Array.of(5, 0, 1, 0));
      made.host.memory.write(entry + (version === 1 ? 4 : 8), Uint8Array.of(0x50, 0));
      made.host.memory.write(0x5_0000, Uint8Array.of(42));
      const map = (flags: number) =>
        made.call(
          GRANT,
          0,
          made.struct([
            [0, 8, 0x6_0000],
            [8, 4, flags],
            [12, 4, 8],
            [16, 2, 1],
          ]),
          1,
        );
      assert.deepEqual([map(2), made.u16(ARG + 18)], [0n, 0xffff], 'not for writing');
      assert.deepEqual([map(6), made.u16(ARG + 18)], [0n, 0]);
      assert.equal(made.host.memory.read(0x6_0000, 1)![0], 42);
      assert.equal(made.u16(status) & 0x18, 8, 'reading');
      const handle = made.u32(ARG + 20);
      assert.equal(
        made.call(
          GRANT,
          1,
          made.struct([
            [0, 8, 0x6_0000],
            [16, 4, handle],
          ]),
          1,
        ),
        0n,
      );
      assert.equal(made.u16(status) & 0x18, 0);
      assert.equal(made.host.memory.read(0x6_0000, 1), undefined);
      const copy = made.struct([
        [0, 4, 8],
        [8, 2, 1],
        [16, 8, 0x70],
        [24, 2, DOMID_SELF],
        [26, 2, 9],
        [32, 2, 1],
        [34, 2, 1],
      ]);
      assert.equal(made.call(GRANT, 5, copy, 1), 0n);
      assert.deepEqual([made.u16(ARG + 36), made.host.memory.read(0x7_0009, 1)![0]], [0, 42]);
    }
  });

  it('run states, clock and vcpu_info are where the guest wants them', () => {
    const made = guest();
    made.host.memory.write(ARG, Uint8Array.of(0, 0x30, 1, 0, 0, 0, 0, 0));
    assert.equal(made.call(24, 5, 0, ARG), 0n);
    assert.deepEqual([made.u32(0x1_3000), made.u64(0x1_3008), made.u64(0x1_3010), made.u64(0x1_3018)], [0, 600n, 800n, 150n]);
    assert.equal(
      made.call(
        24,
        10,
        1,
        made.struct([
          [0, 8, 0x15],
          [8, 4, 64],
        ]),
      ),
      0n,
    );
    assert.equal(made.u64(0x1_5040 + 32 + 16), 1000n, 'system time');
    assert.equal(made.host.memory.read(0x1_5040, 1)![0], 1, 'events are to be looked for');
    assert.equal(
      made.call(
        24,
        10,
        1,
        made.struct([
          [0, 8, 0x15],
          [8, 4, 0],
        ]),
      ),
      -22n,
      'once',
    );
  });

  it('the end, with its reason', () => {
    const made = guest();
    for (const reason of [0, 1, 3]) made.call(29, 2, made.struct([[0, 4, reason]]));
    assert.equal(made.call(29, 2, made.struct([[0, 4, 6]])), -22n);
    assert.deepEqual(
      made.host.log.filter((line) => line.startsWith('shutdown')),
      ['shutdown poweroff', 'shutdown reboot', 'shutdown crash'],
    );
  });

  it('all of it is saved', () => {
    const made = guest();
    const list = 0x1_0000;
    made.host.view.setBigUint64(list, 80n, true);
    made.call(
      MEMORY,
      1,
      made.struct([
        [0, 8, list],
        [8, 8, 1],
        [24, 2, DOMID_SELF],
      ]),
    );
    made.call(
      MEMORY,
      7,
      made.struct([
        [0, 2, DOMID_SELF],
        [4, 4, 0],
        [16, 8, 0x20],
      ]),
    );
    made.call(32, 11, made.struct([[0, 8, 0x30]]));
    made.call(32, 7, made.struct([[0, 4, 1]]));
    const saved = made.xen.save();
    const other = guest();
    other.xen.restore(saved);
    assert.equal(encode(other.xen.save()), encode(saved));
    assert.deepEqual([...other.host.map].sort(), [...made.host.map].sort());
  });
});
