// Multiboot Specification 0.6.96.
import assert from 'node:assert/strict';
import { applyBootPlan } from '../../src/boot/apply';
import { planBoot } from '../../src/boot/detect';
import { bootInput, bootModule, DirtyMemory, elfImage, kernelSegments, MIB, multibootHeaderBytes } from './images';

const body = (header: Uint8Array, size = 0x80): Uint8Array => {
  const bytes = new Uint8Array(size).fill(0x90);
  bytes.set(header);
  return bytes;
};
const plainElf = (is64: boolean, flags = 3, ...fields: number[]) =>
  elfImage({
    is64,
    entry: 0x100040,
    segments: [{ vaddr: 0x100000, bytes: body(multibootHeaderBytes(flags, ...fields)), memorySize: 0x3000 }],
  });

describe('Multiboot 1 boot', () => {
  for (const is64 of [false, true]) {
    it(`3.1 an ${is64 ? 'ELF64' : 'ELF32'} image is loaded by its program headers`, () => {
      const plan = planBoot(bootInput(plainElf(is64)));
      assert.equal(plan.protocol, 'multiboot');
      assert.match(plan.why, is64 ? /offset 0x100, loaded by its ELF64/ : /offset 0x100, loaded by its ELF32/);
      assert.deepEqual(kernelSegments(plan), ['100000+80..103000']);
      assert.equal(plan.entry.eip, 0x100040);
    });
  }

  it('3.1.3 address fields replace the ELF64 headers', () => {
    const header = multibootHeaderBytes(0x10003, 0x200000, 0x200000, 0x200060, 0x204000, 0x200050);
    const image = elfImage({ is64: true, entry: 0x1234, segments: [{ vaddr: 0x100000, bytes: body(header) }] });
    const plan = planBoot(bootInput(image));
    assert.deepEqual(kernelSegments(plan), ['200000+60..204000']);
    assert.equal(plan.entry.eip, 0x200050);
    assert.match(plan.why, /address fields/);
  });

  it('3.1.3 a flat file: the header may stand behind the load address; no load_end loads to the end, no bss_end has no bss', () => {
    const image = new Uint8Array(0x1000);
    image.set(multibootHeaderBytes(0x10000, 0x100200, 0x100000, 0, 0, 0x100400), 0x300);
    const plan = planBoot(bootInput(image));
    assert.deepEqual(kernelSegments(plan), ['100000+f00..100f00']);
  });

  it('3.1.3 without load_end, what follows bss_end is left out', () => {
    const image = new Uint8Array(0x1000);
    image.set(multibootHeaderBytes(0x10000, 0x100000, 0x100000, 0, 0x100800, 0x100020));
    assert.deepEqual(kernelSegments(planBoot(bootInput(image))), ['100000+800..100800']);
  });

  it('3.1.1 the header is found within 8 KiB, at multiples of 4, by magic and checksum', () => {
    const at = (offset: number, checksumError = 0) => {
      const image = new Uint8Array(0x4000);
      const header = multibootHeaderBytes(0x10000, 0x100000 + offset, 0x100000, 0, 0, 0x100000);
      header[8] = header[8]! + checksumError;
      image.set(header, offset);
      return () => planBoot(bootInput(image, { protocol: 'multiboot' }));
    };
    assert.equal(at(8192 - 32)().protocol, 'multiboot');
    assert.throws(at(8192 - 8), { id: 'boot-unfit-image' });
    assert.throws(at(8192 - 20), { id: 'boot-truncated' });
    assert.throws(at(0x102), { id: 'boot-unfit-image' });
    assert.throws(at(0x100, 1), { id: 'boot-unfit-image' });
  });

  it('3.2 machine state: EAX is the loader magic, EBX the information', () => {
    const { entry } = planBoot(bootInput(plainElf(false)));
    assert.equal(entry.eax, 0x2badb002);
    assert.equal(entry.mode, 'protected32');
  });

  it('3.3 information: memory sizes, command line, modules, memory map, loader name', () => {
    const modules = [bootModule('/some/where/first.bin', 'alpha'), bootModule('b', 'beta', 'the args')];
    const plan = planBoot(bootInput(plainElf(false), { modules, commandLine: 'root=/dev/ram0' }));
    const memory = new DirtyMemory(64 * MIB);
    applyBootPlan(plan, memory);
    const info = plan.entry.ebx;
    const field = (offset: number) => memory.u32(info + offset);
    assert.equal(field(0), 0x24d);
    assert.deepEqual([field(4), field(8)], [639, 63 * 1024]);
    assert.equal(memory.text(field(16)), 'root=/dev/ram0');
    assert.equal(memory.text(field(64)), 'Hyperscope');
    assert.equal(field(20), 2);
    const entry = (index: number) => [0, 4, 8, 12].map((offset) => memory.u32(field(24) + index * 16 + offset));
    const [start, end, name] = entry(0);
    assert.equal(start, 0x103000, '3.3: on a page, behind the kernel');
    assert.equal(new TextDecoder().decode(memory.read(start!, end! - start!)), 'alpha');
    assert.equal(memory.text(name!), 'first.bin');
    assert.equal(entry(1)[0], 0x104000);
    assert.equal(memory.text(entry(1)[2]!), 'the args');
    const map: string[] = [];
    for (let at = field(48); at < field(48) + field(44); at += memory.u32(at) + 4) {
      map.push(`${memory.u64(at + 4).toString(16)} ${memory.u64(at + 12).toString(16)} ${memory.u32(at + 20)}`);
    }
    assert.deepEqual(map, ['0 9fc00 1', '9fc00 400 2', 'f0000 10000 2', '100000 3f00000 1', 'fec00000 1000 2', 'fee00000 1000 2']);
  });

  it('a virtual ELF entry is translated by the segment that holds it', () => {
    const image = elfImage({
      is64: false,
      entry: 0xc0100040,
      segments: [{ vaddr: 0xc0100000, paddr: 0x100000, bytes: body(multibootHeaderBytes(3)) }],
    });
    assert.equal(planBoot(bootInput(image)).entry.eip, 0x100040);
  });

  it('3.1.2 unknown required features are refused, optional ones ignored', () => {
    assert.throws(() => planBoot(bootInput(plainElf(false, 0x0008))), { id: 'boot-multiboot-header', message: /0x8/ });
    assert.equal(planBoot(bootInput(plainElf(false, 0x40003))).protocol, 'multiboot');
  });

  it('3.1.4 a definite graphics mode needs a display, text mode or no preference is a note without one', () => {
    const video = (mode: number[], display = false) => bootInput(plainElf(false, 7, 0, 0, 0, 0, 0, ...mode), { display });
    assert.throws(() => planBoot(video([0, 1024, 768, 32])), { id: 'boot-needs-pc', message: /1024x768x32.*set machine to "pc"/ });
    for (const mode of [
      [0, 0, 0, 0],
      [1, 80, 25, 0],
    ]) {
      const plan = planBoot(video(mode));
      assert.match(plan.notes.join(), /no screen/);
    }
    const fields = (mode: number[]) => {
      const plan = planBoot(video(mode, true));
      const memory = new DirtyMemory(64 * MIB);
      applyBootPlan(plan, memory);
      const info = plan.entry.ebx;
      assert.equal(memory.u32(info) & 0x1000, 0x1000);
      return [memory.u64(info + 88), ...[96, 100, 104].map((offset) => memory.u32(info + offset)), ...memory.read(info + 108, 8)!];
    };
    assert.deepEqual(fields([0, 640, 480, 32]), [0x3ed0000, 2560, 640, 480, 32, 1, 16, 8, 8, 8, 0, 8]);
    assert.deepEqual(fields([1, 80, 25, 0]), [0xb8000, 160, 80, 25, 16, 2, 0, 0, 0, 0, 0, 0]);
  });

  it('user errors: address fields that do not fit, truncated file, too large, no ELF without fields', () => {
    const flat = (size: number, ...fields: number[]) => {
      const image = new Uint8Array(size);
      image.set(multibootHeaderBytes(0x10000, ...fields), 0x10);
      return () => planBoot(bootInput(image));
    };
    assert.throws(flat(0x100, 0x100000, 0x100020, 0, 0, 0x100000), { id: 'boot-multiboot-header', message: /load_addr/ });
    assert.throws(flat(0x100, 0x100040, 0x100000, 0, 0, 0x100000), { id: 'boot-multiboot-header', message: /load_addr/ });
    assert.throws(flat(0x100, 0x100000, 0x100000, 0x100200, 0, 0x100000), {
      id: 'boot-truncated',
      message: /needs 528 bytes but the file has 256/,
    });
    assert.throws(flat(0x100, 0x100000, 0x100000, 0x0ff000, 0, 0x100000), { id: 'boot-multiboot-header' });
    assert.throws(flat(0x100, 0x100000, 0x100000, 0x100080, 0x100040, 0x100000), { id: 'boot-multiboot-header', message: /bss_end/ });
    assert.throws(flat(0x100, 0x100000, 0x100000, 0, 0x10000000, 0x100000), { id: 'boot-too-large', message: /256 MiB/ });
    assert.throws(flat(0x100, 0x100000, 0x100000, 0, 0, 0x300000), { id: 'boot-entry' });
    const noFields = new Uint8Array(0x100);
    noFields.set(multibootHeaderBytes(3));
    assert.throws(() => planBoot(bootInput(noFields)), { id: 'boot-multiboot-header', message: /bit 16/ });
  });

  it('a truncated ELF image is one clear error wherever it is cut', () => {
    const image = plainElf(false);
    for (const length of [4, 20, 51, 60, 0x101, image.length - 1]) {
      assert.throws(
        () => planBoot(bootInput(image.slice(0, length))),
        (error: Error & { id?: string }) => /^(elf|boot)-/.test(error.id ?? '') && /kernel\.elf/.test(error.message),
        `cut at ${length}`,
      );
    }
  });

  it('too many modules', () => {
    const modules = Array.from({ length: 257 }, (_, i) => bootModule(`m${i}`, 'x'));
    assert.throws(() => planBoot(bootInput(plainElf(false), { modules })), { id: 'boot-modules', message: /257 modules: at most 256/ });
  });
});
