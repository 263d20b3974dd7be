// pci-testdev (QEMU docs/specs/pci-testdev.rst): BAR 0 in memory, BAR 1 in I/O space. A test is started by writing its number to
// offset 0 of a BAR; its header then tells where and what to write, and counts the writes that match.
import { assert } from '../../base/assert';
import type { SavedValue } from '../../base/saved';
import type { AccessSize, BusTarget } from '../bus';

const TESTS = ['no-eventfd', 'wildcard-eventfd', 'datamatch-eventfd'] as const;
const SPACES = ['mmio', 'portio'] as const;
/** Half of each BAR: headers below, the places to write to above. */
const HALF = { mmio: 2048, portio: 128 } as const;
export const PCI_TESTDEV_BAR_SIZE = { mmio: 2 * HALF.mmio, portio: 2 * HALF.portio } as const;
export const PCI_TESTDEV_ID = { vendor: 0x1b36, device: 0x0005 } as const;
const NONE = -1;
/** Header: test u8, width u8, pad, offset u32, data u32, count u32, name. */
const HEADER = { test: 0, width: 1, offset: 4, data: 8, count: 12, name: 16 } as const;
const WIDTH = 1;
const MATCHING = 0xfa;
const ANY = 0xce;

export class PciTestdevRegisters {
  private readonly state = { current: NONE, count: 0 };

  readonly target = (space: (typeof SPACES)[number]): BusTarget => ({
    read: (offset, size) => this.read(offset, size),
    write: (offset, _size, value) => this.write(space, offset, value),
  });

  reset(): void {
    Object.assign(this.state, { current: NONE, count: 0 });
  }

  save(): SavedValue {
    return { ...this.state };
  }

  restore(saved: SavedValue): void {
    const { current, count } = saved as { current: number; count: number };
    assert(current >= NONE && current < TESTS.length * SPACES.length, 'pci-testdev: saved test');
    Object.assign(this.state, { current, count });
  }

  private get half(): number {
    return HALF[SPACES[Math.floor(this.state.current / TESTS.length)]!];
  }

  private get wildcard(): boolean {
    return this.state.current % TESTS.length === 1;
  }

  /** Each test has its own byte to write to. */
  private get offset(): number {
    return this.half + this.state.current * WIDTH;
  }

  private get header(): Uint8Array {
    const { current, count } = this.state;
    const space = SPACES[Math.floor(current / TESTS.length)]!;
    const name = `${space}-${TESTS[current % TESTS.length]}\0`;
    const bytes = new Uint8Array(HEADER.name + name.length);
    const view = new DataView(bytes.buffer);
    bytes[HEADER.test] = current;
    bytes[HEADER.width] = WIDTH;
    view.setUint32(HEADER.offset, this.offset, true);
    view.setUint32(HEADER.data, this.wildcard ? ANY : MATCHING, true);
    view.setUint32(HEADER.count, count, true);
    for (let i = 0; i < name.length; i++) bytes[HEADER.name + i] = name.charCodeAt(i);
    return bytes;
  }

  private read(offset: number, size: AccessSize): number {
    if (this.state.current === NONE) return 0;
    const { header } = this;
    let value = 0;
    for (let i = 0; i < size; i++) value |= (header[offset + i] ?? 0) << (8 * i);
    return value >>> 0;
  }

  private write(space: (typeof SPACES)[number], offset: number, value: number): void {
    const { state } = this;
    if (offset === HEADER.test) {
      const test = value & 0xff;
      const known = test < TESTS.length;
      Object.assign(state, { current: known ? SPACES.indexOf(space) * TESTS.length + test : NONE, count: 0 });
      return;
    }
    if (state.current === NONE || offset !== this.offset) return;
    if (!this.wildcard && (value & 0xff) !== MATCHING) return;
    state.count = (state.count + 1) >>> 0;
  }
}
