// QEMU's test devices (hw/misc/pc-testdev.c, docs/specs/pci-testdev.rst, docs/specs/fw_cfg.rst), as guest test suites use them.
import assert from 'node:assert/strict';
import type { Bus } from '../../src/devices/bus';
import { makeChipset } from './make-chipset';

describe('pc-testdev', () => {
  it('one register at 0xe0 in any width, and at 0xe8 byte by byte', () => {
    const { chipset, inb, out } = makeChipset();
    const { portBus } = chipset;
    portBus.write(0xe0, 4, 0x89abcdef);
    assert.deepEqual(
      [0, 1, 2, 3].map((i) => inb(0xe0 + i)),
      [0xef, 0xcd, 0xab, 0x89],
    );
    assert.equal(portBus.read(0xe8, 4), 0x89abcdef);
    out(0xe2, 0x55);
    assert.equal(portBus.read(0xe0, 4), 0x8955cdef);
    portBus.write(0xe8, 2, 0x1234);
    assert.equal(portBus.read(0xe0, 2), 0x1234);
    portBus.write(0xe4, 4, 0x1000);
  });

  it('the debug console is at byte 0xe9 of it all the same', () => {
    const { debugConsole, inb, out } = makeChipset();
    out(0xe9, 0x21);
    assert.equal(debugConsole.text, '!');
    assert.equal(inb(0xe9), 0xe9);
  });

  it('interrupt line n at port 0x2000 + n', () => {
    const { chipset, cpus, out, initialisePics } = makeChipset();
    initialisePics();
    out(0x21, 0x00);
    out(0xa1, 0x00);
    out(0x200e, 1);
    assert.equal(cpus[0]!.pending, true);
    assert.equal(chipset.localApics[0]!.acknowledge(), 0x2e);
    out(0x200e, 0);
    out(0x2002, 1);
    out(0x2017, 1);
  });

  it('64 KiB of device memory at 0xff000000', () => {
    const { chipset } = makeChipset();
    const { mmioBus } = chipset;
    assert.equal(mmioBus.read(0xff00fffc, 4), 0);
    mmioBus.write(0xff00fffc, 4, 0xdeadbeef);
    assert.deepEqual([mmioBus.read(0xff00fffe, 2), mmioBus.read(0xff00fffc, 1)], [0xdead, 0xef]);
    const copy = makeChipset();
    copy.chipset.restore(structuredClone(chipset.save()));
    assert.equal(copy.chipset.mmioBus.read(0xff00fffc, 4), 0xdeadbeef);
  });
});

it('testdev prints at 0xf1 and tells the memory size at 0xd1', () => {
  const { chipset, debugConsole, out } = makeChipset();
  out(0xf1, 0x78);
  assert.equal(debugConsole.text, 'x');
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => chipset.portBus.read(0xd1 + i, 1)),
    [0, 0, 0, 4],
  );
});

/** The control word after a transfer was begun by the block at `block`. */
const dmaOf = (portBus: Bus, memory: Uint8Array) => {
  const swap = (value: number) => new DataView(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value).buffer).getUint32(0, true);
  return (control: number, length: number, address: number, block = 0x100): number => {
    const view = new DataView(memory.buffer);
    view.setUint32(block, control);
    view.setUint32(block + 4, length);
    view.setBigUint64(block + 8, BigInt(address));
    portBus.write(0x514, 4, 0);
    portBus.write(0x518, 4, swap(block));
    return view.getUint32(block);
  };
};

describe('fw_cfg', () => {
  const machine = {
    memoryBytes: 64 << 20,
    cpus: 3,
    maxCpus: 5,
    commandLine: 'a b',
    initrd: Uint8Array.of(7, 8),
    memoryMap: [{ startGpa: 0, endGpa: 0x9fc00, type: 1 }],
    files: [{ name: 'opt/test/name', bytes: Uint8Array.of(1, 2, 3) }],
  };
  const made = () => {
    const all = makeChipset({ fwCfg: machine });
    const { portBus } = all.chipset;
    const read = (item: number, length: number) => {
      portBus.write(0x510, 2, item);
      return Array.from({ length }, () => portBus.read(0x511, 1));
    };
    return { ...all, read };
  };
  const text = (bytes: number[]) => String.fromCharCode(...bytes);

  it('items: signature, id, RAM, CPUs, command line, initrd; zeros behind the end', () => {
    const { read } = made();
    assert.equal(text(read(0x00, 4)), 'QEMU');
    assert.deepEqual(read(0x01, 4), [3, 0, 0, 0]);
    assert.deepEqual(read(0x03, 8), [0, 0, 0, 4, 0, 0, 0, 0]);
    assert.deepEqual(
      [read(0x05, 2), read(0x0f, 2)],
      [
        [3, 0],
        [5, 0],
      ],
    );
    assert.equal(text(read(0x15, 4)), 'a b\0');
    assert.deepEqual(read(0x14, 4), [4, 0, 0, 0]);
    assert.deepEqual(
      [read(0x0b, 2), read(0x12, 4)],
      [
        [2, 0],
        [7, 8, 0, 0],
      ],
    );
    assert.deepEqual(read(0x1234, 2), [0, 0]);
  });

  it('file directory, big-endian, with the memory map and files of the configuration', () => {
    const { read } = made();
    const directory = read(0x19, 4 + 2 * 64);
    assert.deepEqual(directory.slice(0, 4), [0, 0, 0, 2]);
    const entry = (index: number) => {
      const at = 4 + index * 64;
      const name = text(directory.slice(at + 8, at + 64)).replace(/\0.*$/s, '');
      return { name, size: directory[at + 3], item: directory[at + 4]! * 256 + directory[at + 5]! };
    };
    assert.deepEqual(
      [entry(0), entry(1)],
      [
        { name: 'etc/e820', size: 20, item: 0x20 },
        { name: 'opt/test/name', size: 3, item: 0x21 },
      ],
    );
    assert.deepEqual(read(0x21, 3), [1, 2, 3]);
    assert.deepEqual(read(0x20, 20).slice(8, 20), [0, 0xfc, 9, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  });

  it('DMA: selects, skips, reads; an error where there is no memory, or on a write', () => {
    const { chipset, memory } = made();
    const { portBus } = chipset;
    assert.deepEqual([portBus.read(0x514, 4), portBus.read(0x518, 4)], [0x554d4551, 0x47464320]);
    const dma = dmaOf(portBus, memory);
    memory.fill(0xcc);
    assert.equal(dma((0x21 << 16) | 0x08 | 0x04, 1, 0), 0);
    assert.equal(dma(0x02, 4, 0x200), 0);
    assert.deepEqual([...memory.subarray(0x200, 0x205)], [2, 3, 0, 0, 0xcc]);
    assert.equal(dma(0x02, 4, memory.length - 2), 1);
    assert.equal(dma(0x10, 4, 0x200), 1);
  });

  it('DMA: what is long goes on in pieces of 256 KiB, and the control word tells when it is over', () => {
    const memory = new Uint8Array(0x200000);
    let writes = 0;
    const { chipset, time } = makeChipset({
      fwCfg: { ...machine, files: [{ name: 'opt/test/long', bytes: new Uint8Array(0x100001).fill(7) }] },
      memory: {
        read: (gpa, length) => (gpa + length <= memory.length ? memory.slice(gpa, gpa + length) : undefined),
        write: (gpa, bytes) => {
          writes++;
          if (gpa + bytes.length > memory.length) return false;
          memory.set(bytes, gpa);
          return true;
        },
      },
    });
    const dma = dmaOf(chipset.portBus, memory);
    const read = (0x21 << 16) | 0x0a;
    assert.equal(dma(read, 0x100001, 0x1000), read, 'under way');
    assert.equal(writes, 64);
    let pieces = 0;
    while (time.deadlineOf('fw-cfg.dma') !== undefined) {
      const before = writes;
      time.advanceTo(time.deadlineOf('fw-cfg.dma')!);
      assert.ok(writes - before <= 65, `${writes - before} writes in one piece`);
      pieces++;
    }
    assert.equal(pieces, 4);
    assert.equal(new DataView(memory.buffer).getUint32(0x100), 0);
    assert.deepEqual([memory[0xfff], memory[0x1000], memory[0x101000], memory[0x101001]], [0, 7, 7, 0]);
    // One that is begun meanwhile ends it; one that comes to the end of memory fails there.
    dma(read, 0x100001, 0x1000);
    assert.equal(dma(read, 4, 0x2000, 0x200), 0);
    assert.equal(new DataView(memory.buffer).getUint32(0x100), 1);
    dma(read, 0x100001, 0x180000);
    time.advance(1_000_000);
    assert.equal(new DataView(memory.buffer).getUint32(0x100), 1);
    assert.equal(time.deadlineOf('fw-cfg.dma'), undefined);
  });
});

describe('pci-testdev', () => {
  it('its test counts the writes that match, in memory and I/O space', () => {
    const { chipset } = makeChipset({ machine: 'pc' });
    const { portBus, mmioBus } = chipset;
    const config = (register: number) => {
      portBus.write(0xcf8, 4, 0x80002000 | register);
      return portBus.read(0xcfc, 4);
    };
    assert.equal(config(0), 0x00051b36);
    const [memory, io] = [config(0x10), config(0x14) & ~3];
    mmioBus.write(memory, 1, 2);
    const header = Array.from({ length: 4 }, (_, i) => mmioBus.read(memory + 4 * i, 4));
    assert.deepEqual([header[0]! & 0xffff, header[1], header[2], header[3]], [0x0102, 2048 + 2, 0xfa, 0]);
    mmioBus.write(memory + header[1]!, 1, 0xfa);
    mmioBus.write(memory + header[1]!, 1, 0x00);
    mmioBus.write(memory + header[1]! + 1, 1, 0xfa);
    assert.equal(mmioBus.read(memory + 12, 4), 1);
    const name = (read: (at: number) => number) => String.fromCharCode(...Array.from({ length: 8 }, (_, i) => read(16 + i)));
    assert.equal(
      name((at) => mmioBus.read(memory + at, 1)),
      'mmio-dat',
    );
    portBus.write(io, 1, 1);
    assert.equal(
      name((at) => portBus.read(io + at, 1)),
      'portio-w',
    );
    portBus.write(io + portBus.read(io + 4, 4), 1, 0x77);
    assert.equal(portBus.read(io + 12, 4), 1, 'a wildcard matches any data');
    portBus.write(io, 1, 3);
    assert.equal(portBus.read(io, 4), 0, 'no such test');
  });
});
