// What of a stack comes with a sample: the bytes from RSP on, page by page wherever these lie, up to the first that is not there.
import assert from 'node:assert/strict';
import type { TranslateResult } from '../../../src/engine/cpu-engine';
import { SampleRoom } from '../../../src/machine/profile/sample-room';
import type { Vcpu } from '../../../src/machine/vm/vcpu';
import type { Vm } from '../../../src/machine/vm/vm';
import { PAGE_SIZE, S, SEGMENT_STRIDE, SegmentField } from '../../../src/x86/layout';

const PAGES = 16;
/** Behind the pages: a vCPU's state, not at the beginning of memory. */
const STATE = PAGES * PAGE_SIZE + 64;
const RSP = S.gpr + 4 * 8;
const SS_BASE = S.segments + 2 * SEGMENT_STRIDE + SegmentField.base;
/** Guest-physical addresses are not where memory has them. */
const GPA = 0x1_2340_0000;

/** A VM whose linear pages lie as `pages` says: a page of its memory, or one that is none ('io'). Each byte says where it is. */
function vmOf(pages: ReadonlyMap<bigint, number | 'io'>) {
  const bytes = new Uint8Array(STATE + S.end);
  for (let i = 0; i < STATE; i++) bytes[i] = byteAt(i);
  const view = new DataView(bytes.buffer);
  const translateInto = (_vcpu: number, lo: number, hi: number, into: TranslateResult): boolean => {
    assert.ok(lo === lo >>> 0 && hi === hi >>> 0);
    const linear = (BigInt(hi) << 32n) | BigInt(lo);
    const page = pages.get(linear / BigInt(PAGE_SIZE));
    if (page === undefined) return false;
    into.gpa = GPA + (page === 'io' ? PAGES : page) * PAGE_SIZE + (lo % PAGE_SIZE);
    return true;
  };
  const offsetOf = (gpa: number): number | undefined => (gpa - GPA < PAGES * PAGE_SIZE ? gpa - GPA : undefined);
  const vm = {
    index: 3,
    engine: { memory: { buffer: bytes.buffer, offsetOf }, translateInto, sample: () => -1, sampleAt: 0 },
  } as unknown as Vm;
  const vcpu = { index: 1, state: { base: STATE } } as unknown as Vcpu;
  return { bytes, view, vm, vcpu };
}
const byteAt = (offset: number): number => (offset * 7 + (offset >> 8)) & 0xff;
const piece = (page: number, from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => byteAt(page * PAGE_SIZE + from + i));

function stackOf(pages: readonly (readonly [bigint, number | 'io'])[], rsp: bigint, stackBytes: number, ssBase = 0n): number[] {
  const { view, vm, vcpu } = vmOf(new Map(pages));
  view.setBigUint64(STATE + RSP, rsp, true);
  view.setBigUint64(STATE + SS_BASE, ssBase, true);
  const room = new SampleRoom(stackBytes);
  room.add(vm, vcpu, 1000, 1, 1, undefined);
  return [...room.take()[0]!.stack];
}

describe('the stack of a sample', () => {
  it('is what lies from RSP on', () => {
    assert.deepEqual(stackOf([[0x10n, 5]], 0x10_120n, 256), piece(5, 0x120, 0x220));
    assert.deepEqual(stackOf([[0xffff_8880_0123_4n, 2]], 0xffff_8880_0123_4ff0n, 16), piece(2, 0xff0, 0x1000));
  });

  it('is put together of pages that do not lie together', () => {
    const pages = [
      [0x10n, 9],
      [0x11n, 2],
      [0x12n, 7],
    ] as const;
    assert.deepEqual(stackOf(pages, 0x10_f00n, 0x1200), [...piece(9, 0xf00, 0x1000), ...piece(2, 0, 0x1000), ...piece(7, 0, 0x100)]);
  });

  it('ends where nothing is mapped, or no memory is', () => {
    assert.deepEqual(stackOf([[0x10n, 9]], 0x10_ff8n, 2048), piece(9, 0xff8, 0x1000));
    const io = [
      [0x10n, 9],
      [0x11n, 'io'],
    ] as const;
    assert.deepEqual(stackOf(io, 0x10_f00n, 2048), piece(9, 0xf00, 0x1000));
    assert.deepEqual(stackOf([], 0x10_f00n, 2048), []);
  });

  it('begins at the base of SS, and goes on behind 4 GiB', () => {
    const pages = [
      [0xf_ffffn, 3],
      [0x10_0000n, 4],
    ] as const;
    assert.deepEqual(stackOf(pages, 0xffff_f000n, 0x40, 0xfe0n), [...piece(3, 0xfe0, 0x1000), ...piece(4, 0, 0x20)]);
    assert.deepEqual(stackOf([[0x10_0000n, 4]], 0xffff_f000n, 0x10, 0x1010n), piece(4, 0x10, 0x20));
  });

  it('is of its own sample, however many wait, and stays when later ones come', () => {
    const { bytes, view, vm, vcpu } = vmOf(new Map([[0x10n, 1]]));
    const room = new SampleRoom(24);
    const take = (count: number) => {
      for (let i = 0; i < count; i++) {
        view.setBigUint64(STATE + RSP, 0x10_000n + BigInt(i * 8), true);
        view.setBigUint64(STATE + S.rip, 0xffff_ffff_8000_0000n + BigInt(i), true);
        view.setUint32(STATE + S.cpl, i & 3, true);
        room.add(vm, vcpu, i, i, 1, undefined);
      }
      assert.equal(room.count, count);
      return room.take();
    };
    const first = take(100);
    bytes.fill(0xee, PAGE_SIZE, 2 * PAGE_SIZE);
    assert.deepEqual([...take(7)[6]!.stack], new Array(24).fill(0xee));
    for (const [i, { vm: index, vcpu: number, atNs, cpl, registers, stack }] of first.entries()) {
      assert.deepEqual({ index, number, atNs, cpl }, { index: 3, number: 1, atNs: i, cpl: i & 3 });
      assert.equal(registers[16], 0xffff_ffff_8000_0000n + BigInt(i));
      assert.deepEqual([...stack], piece(1, i * 8, i * 8 + 24));
    }
    assert.deepEqual(room.take(), []);
  });

  it('is there once where it is the same as at the last sample of its instruction', () => {
    const { bytes, view, vm, vcpu } = vmOf(new Map([[0x10n, 1]]));
    const room = new SampleRoom(24);
    view.setBigUint64(STATE + RSP, 0x10_100n, true);
    const rip = (value: bigint): void => view.setBigUint64(STATE + S.rip, value, true);
    const add = (): void => room.add(vm, vcpu, 0, 0, 1, undefined);
    rip(0x1000n);
    add();
    // Other registers do not count, but are its own.
    view.setBigUint64(STATE + S.gpr, 5n, true);
    add();
    rip(0x2000n);
    add();
    rip(0x1000n);
    add();
    bytes[PAGE_SIZE + 0x117]! ^= 1;
    add();
    add();
    view.setBigUint64(STATE + S.gpr + 5 * 8, 9n, true);
    add();
    view.setUint32(STATE + S.cpl, 3, true);
    add();
    const samples = room.take();
    assert.deepEqual(
      samples.map(({ sameAs }) => sameAs),
      [undefined, 0, undefined, 0, undefined, 4, undefined, undefined],
    );
    assert.deepEqual(
      samples.map(({ registers }) => registers[0]),
      [0n, 5n, 5n, 5n, 5n, 5n, 5n, 5n],
    );
    for (const { stack, sameAs } of samples) if (sameAs !== undefined) assert.deepEqual(stack, samples[sameAs]!.stack);
    assert.deepEqual([...samples[3]!.stack], piece(1, 0x100, 0x118));
    assert.notDeepEqual(samples[4]!.stack, samples[3]!.stack);
    add();
    assert.equal(room.take()[0]!.sameAs, undefined, 'of another batch');
  });

  it('is a number where it is known', () => {
    const { vm, vcpu } = vmOf(new Map([[0x10n, 1]]));
    const room = new SampleRoom(24);
    vm.engine.sample = () => -2 - 1234;
    room.add(vm, vcpu, 7, 0, 1, undefined);
    const [{ known, registers, stack, atNs } = assert.fail()] = room.take();
    assert.deepEqual(
      { known, registers, stack, atNs },
      { known: 1234, registers: new BigUint64Array(0), stack: new Uint8Array(0), atNs: 7 },
    );
  });
});
