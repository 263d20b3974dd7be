// pc-testdev, by which guest test suites exercise a hypervisor (QEMU hw/misc/pc-testdev.c, kvm-unit-tests lib/x86):
// a 32-bit register seen at ports 0xe0 (any width) and 0xe8 (byte by byte), a page flush at 0xe4, the interrupt lines at
// 0x2000 + n, and 64 KiB of device memory at 0xff000000. Nothing here moves pages, so the flush has nothing to do.
import { isZero } from '../../base/is-zero';
import type { SavedValue } from '../../base/saved';
import { restoreState, saveState } from '../device-state';
import type { Device, IrqLine, MmioHandler, PortHandler } from '../ports';
import { registerPart } from '../register-part';

export const PC_TESTDEV = {
  register: 0xe0,
  flush: 0xe4,
  bytes: 0xe8,
  irqs: 0x2000,
  irqCount: 24,
  memoryGpa: 0xff000000,
  memorySize: 0x10000,
} as const;
const ALL_ONES = 0xffffffff;
const ones = (size: number): number => ALL_ONES >>> (32 - 8 * size);

export class PcTestdev implements Device {
  readonly name = 'pc-testdev';
  private readonly state = { register: 0 };
  private readonly memory = new Uint8Array(PC_TESTDEV.memorySize);

  /** `irq`: the wire of a global interrupt number; undefined for the PIC's cascade, which no device drives. */
  constructor(private readonly irq: (line: number) => IrqLine | undefined) {}

  readonly registerPorts: PortHandler = {
    readPort: (port, size) => registerPart(this.state.register, port, size),
    writePort: (port, size, value) => {
      const shift = port * 8;
      this.state.register = ((this.state.register & ~(ones(size) << shift)) | (value << shift)) >>> 0;
    },
  };
  readonly flushPort: PortHandler = { readPort: (_port, size) => ones(size), writePort: () => {} };
  readonly irqPorts: PortHandler = {
    readPort: (_port, size) => ones(size),
    writePort: (port, _size, value) => this.irq(port)?.set(value !== 0),
  };
  readonly window: MmioHandler = {
    readMmio: (offset, size) => {
      let value = 0;
      for (let i = 0; i < size; i++) value |= this.memory[offset + i]! << (8 * i);
      return value >>> 0;
    },
    writeMmio: (offset, size, value) => {
      for (let i = 0; i < size; i++) this.memory[offset + i] = value >>> (8 * i);
    },
  };

  reset(): void {
    this.state.register = 0;
    this.memory.fill(0);
  }

  /** The memory is left out while it is all zero. */
  save(): SavedValue {
    return { state: saveState(this.state), memory: isZero(new Uint32Array(this.memory.buffer)) ? null : this.memory.slice() };
  }

  restore(saved: SavedValue): void {
    const { state, memory } = saved as { state: SavedValue; memory: Uint8Array | null };
    restoreState(this.name, this.state, state);
    if (memory === null) this.memory.fill(0);
    else this.memory.set(memory);
  }
}
