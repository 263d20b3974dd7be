// Multiboot2 Specification 2.0.
import assert from 'node:assert/strict';
import { applyBootPlan } from '../../src/boot/apply';
import { planBoot } from '../../src/boot/detect';
import type { BootInput } from '../../src/boot/plan';
import { bootInput, bootModule, DirtyMemory, elfImage, kernelSegments, MIB, multibootHeaderBytes, words } from './images';

const MAGIC = 0xe85250d6;
type Tag = readonly [type: number, optional: boolean, ...fields: number[]];

const headerBytes = (tags: readonly Tag[], { end = true, architecture = 0 } = {}): Uint8Array => {
  const body = [...tags, ...(end ? [[0, false] as Tag] : [])].flatMap(([type, optional, ...fields]) => {
    const padding = fields.length % 2 === 0 ? [] : [0];
    return [type | (optional ? 0x10000 : 0), 8 + 4 * fields.length, ...fields, ...padding];
  });
  const size = 16 + 4 * body.length;
  return words(MAGIC, architecture, size, -(MAGIC + architecture + size), ...body);
};
const body = (header: Uint8Array, size = 0x200): Uint8Array => {
  const bytes = new Uint8Array(size).fill(0x90);
  bytes.set(header);
  return bytes;
};
const elf = (is64: boolean, tags: readonly Tag[] = [], options = {}) =>
  elfImage({ is64, entry: 0x100100, segments: [{ vaddr: 0x100000, bytes: body(headerBytes(tags, options)) }] });

/** The tags of the boot information by type; several of one type are listed. */
function information(plan: ReturnType<typeof planBoot>, memoryBytes = 64 * MIB) {
  const memory = new DirtyMemory(memoryBytes);
  applyBootPlan(plan, memory);
  const start = plan.entry.ebx;
  const total = memory.u32(start);
  const tags = new Map<number, number[]>();
  let at = start + 8;
  for (;;) {
    const [type, size] = [memory.u32(at), memory.u32(at + 4)];
    if (type === 0) {
      assert.equal(size, 8);
      assert.equal(at + 8, start + total, '3.6.2: the end tag is the last');
      break;
    }
    tags.set(type, [...(tags.get(type) ?? []), at + 8]);
    at += Math.ceil(size / 8) * 8;
  }
  return { memory, tags, at: (type: number, index = 0) => tags.get(type)?.[index] ?? assert.fail(`no tag ${type}`) };
}

describe('Multiboot 2', () => {
  for (const is64 of [false, true]) {
    it(`3.3 entry state of an ELF${is64 ? '64' : '32'} image; auto prefers it to Multiboot 1`, () => {
      const plan = planBoot(bootInput(elf(is64)));
      assert.equal(plan.protocol, 'multiboot2');
      assert.deepEqual(kernelSegments(plan), ['100000+200..100200']);
      assert.equal(plan.entry.eip, 0x100100);
      assert.equal(plan.entry.eax, 0x36d76289);
      assert.equal(plan.entry.ebx % 8, 0, '3.4: the information is aligned to 8');
    });
  }

  it('an image with both headers boots by the protocol that was asked for', () => {
    const bytes = body(headerBytes([]));
    bytes.set(multibootHeaderBytes(3), 0x100);
    const image = elfImage({ is64: false, entry: 0x100120, segments: [{ vaddr: 0x100000, bytes }] });
    assert.equal(planBoot(bootInput(image)).protocol, 'multiboot2');
    assert.equal(planBoot(bootInput(image, { protocol: 'multiboot' })).entry.eax, 0x2badb002);
  });

  it('3.1.1 the header is at a multiple of 8 in the first 32768 bytes, its fields add up to 0', () => {
    const flat = (at: number, damage = 0) => {
      const header = headerBytes([
        [2, false, 0x100000 + at, 0x100000, 0, 0],
        [3, false, 0x100000],
      ]);
      const image = new Uint8Array(Math.max(0x9000, at + header.length));
      image.set(header, at);
      image[at + 12]! += damage;
      return () => planBoot(bootInput(image, { protocol: 'multiboot2' }));
    };
    assert.equal(flat(0x7f00)().protocol, 'multiboot2');
    assert.throws(flat(4), { id: 'boot-unfit-image' });
    assert.throws(flat(0x8000), { id: 'boot-unfit-image' });
    assert.throws(flat(0, 1), { id: 'boot-unfit-image', message: /checksum/ });
  });

  it('3.1.5, 3.1.6 address and entry tags; load_addr -1 loads the file from its beginning', () => {
    const image = (...fields: number[]) => {
      const bytes = new Uint8Array(0x300).fill(0x90);
      bytes.set(
        headerBytes([
          [2, false, ...fields],
          [3, false, 0x200080],
        ]),
        0x40,
      );
      return bytes;
    };
    const plan = planBoot(bootInput(image(0x200040, 0x200000, 0x200200, 0x201000)));
    assert.deepEqual(kernelSegments(plan), ['200000+200..201000']);
    assert.equal(plan.entry.eip, 0x200080);
    assert.deepEqual(kernelSegments(planBoot(bootInput(image(0x200040, 0xffffffff, 0, 0)))), ['200000+300..200300']);
    const noEntry = new Uint8Array(0x300);
    noEntry.set(headerBytes([[2, false, 0x100000, 0x100000, 0, 0]]));
    assert.throws(() => planBoot(bootInput(noEntry)), { id: 'boot-multiboot-header', message: /entry address tag/ });
  });

  it('3.6 boot information: texts, modules, memory, as the guest sees it', () => {
    const modules = [bootModule('a/first.bin', 'alpha'), bootModule('second', 'beta', 'the args')];
    const { memory, tags, at } = information(planBoot(bootInput(elf(true), { modules, commandLine: 'root=/dev/ram0' })));
    assert.equal(memory.text(at(1)), 'root=/dev/ram0');
    assert.equal(memory.text(at(2)), 'Hyperscope');
    const module = (index: number) => {
      const tag = at(3, index);
      const [start, end] = [memory.u32(tag), memory.u32(tag + 4)];
      return [start % 0x1000, new TextDecoder().decode(memory.read(start, end - start)), memory.text(tag + 8)];
    };
    assert.deepEqual(
      [module(0), module(1)],
      [
        [0, 'alpha', 'first.bin'],
        [0, 'beta', 'the args'],
      ],
    );
    assert.deepEqual([memory.u32(at(4)), memory.u32(at(4) + 4)], [639, 63 * 1024]);
    assert.equal(memory.u32(at(6)), 24);
    assert.deepEqual([memory.u64(at(6) + 8), memory.u64(at(6) + 16), memory.u32(at(6) + 24)], [0, 0x9fc00, 1]);
    assert.equal(tags.has(8), false, 'no display, no framebuffer');
  });

  const pc: Partial<BootInput> = { display: true };

  it('3.1.10, 3.6.12 a framebuffer of the preferred size at the end of memory, which the map leaves out', () => {
    const plan = planBoot(bootInput(elf(true, [[5, false, 640, 480, 32]]), pc));
    assert.deepEqual(plan.framebuffer, { gpa: 0x3ed0000, width: 640, height: 480, pitchBytes: 2560 });
    const { memory, at } = information(plan);
    const tag = at(8);
    assert.deepEqual([memory.u64(tag), memory.u32(tag + 8), memory.u32(tag + 12), memory.u32(tag + 16)], [0x3ed0000, 2560, 640, 480]);
    assert.deepEqual([...memory.read(tag + 20, 10)!], [32, 1, 0, 0, 16, 8, 8, 8, 0, 8]);
    assert.equal(memory.u32(at(4) + 4), (0x3ed0000 - MIB) / 1024);
    const noPreference = planBoot(bootInput(elf(true, [[5, false, 0, 0, 0]]), pc)).framebuffer!;
    assert.deepEqual([noPreference.width, noPreference.height], [1024, 768]);
  });

  it('without a framebuffer tag the display is in EGA text mode', () => {
    const { memory, at } = information(planBoot(bootInput(elf(true), pc)));
    assert.deepEqual([memory.u64(at(8)), memory.u32(at(8) + 8), [...memory.read(at(8) + 20, 2)!]], [0xb8000, 160, [16, 2]]);
  });

  it('what is required and not there is refused, what is optional is not', () => {
    const plan = (tags: readonly Tag[], more: Partial<BootInput> = {}) => planBoot(bootInput(elf(true, tags), more));
    assert.throws(() => plan([[5, false, 0, 0, 0]]), { id: 'boot-needs-pc', message: /framebuffer.*set machine to "pc"/ });
    assert.match(plan([[5, true, 0, 0, 0]]).notes.join(), /asks for a framebuffer/);
    assert.throws(() => plan([[1, false, 8]]), { id: 'boot-needs-pc' });
    assert.throws(() => plan([[1, false, 13]], pc), { id: 'boot-multiboot-header', message: /type 13/ });
    assert.equal(plan([[1, true, 13]]).protocol, 'multiboot2');
    assert.equal(plan([[1, false, 1, 3, 6, 9]]).protocol, 'multiboot2');
    assert.throws(() => plan([[4, false, 1]]), { id: 'boot-needs-pc', message: /console/ });
    assert.throws(() => plan([[77, false]]), { id: 'boot-multiboot-header', message: /tag 77/ });
    assert.equal(plan([[77, true]]).protocol, 'multiboot2');
    // 3.1.7 to 3.1.9: taken into account on EFI platforms only.
    const efi: readonly Tag[] = [
      [7, false],
      [8, false, 0x100],
      [9, false, 0x100],
      [6, false],
      [10, false, 0, 0, 0, 0],
    ];
    assert.equal(plan(efi).protocol, 'multiboot2');
  });

  it('damaged headers are user errors', () => {
    assert.throws(() => planBoot(bootInput(elf(true, [[2, false, 1]]))), {
      id: 'boot-multiboot-header',
      message: /tag 2 has the wrong size/,
    });
    assert.throws(() => planBoot(bootInput(elf(true, [], { end: false }))), { id: 'boot-multiboot-header', message: /end tag/ });
    assert.throws(() => planBoot(bootInput(elf(true, [], { architecture: 4 }))), {
      id: 'boot-multiboot-header',
      message: /architecture 4/,
    });
  });

  it('3.6.10 the ACPI root pointer, old and new', () => {
    const rsdp = Uint8Array.from({ length: 36 }, (_, i) => i);
    const { memory, at } = information(planBoot(bootInput(elf(true), { ...pc, acpi: { rsdpGpa: 0xf0000, rsdp, segments: [] } })));
    assert.deepEqual([...memory.read(at(14), 20)!], [...rsdp.subarray(0, 20)]);
    assert.deepEqual([...memory.read(at(15), 36)!], [...rsdp]);
  });
});
