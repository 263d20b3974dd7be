// PVH: Xen's public/arch-x86/hvm/start_info.h.
import assert from 'node:assert/strict';
import { applyBootPlan } from '../../src/boot/apply';
import { planBoot } from '../../src/boot/detect';
import { bootInput, bootModule, DirtyMemory, elfImage, kernelSegments, MIB, pvhNote, words } from './images';

const ENTRY = 0x100010;
const code = new Uint8Array(0x40).fill(0x90);
const image = (is64: boolean) =>
  elfImage({
    is64,
    entry: 0xffffffff80100000n,
    segments: [{ vaddr: is64 ? 0xffffffff80100000n : 0x100000, paddr: 0x100000, bytes: code, memorySize: 0x2000 }, pvhNote(ENTRY, is64)],
  });

describe('PVH boot', () => {
  for (const is64 of [true, false]) {
    it(`an ${is64 ? 'ELF64' : 'ELF32'} image is loaded at its physical addresses and entered at the note's address`, () => {
      const plan = planBoot(bootInput(image(is64)));
      assert.equal(plan.protocol, 'pvh');
      assert.match(plan.why, /XEN_ELFNOTE_PHYS32_ENTRY.*0x100010/);
      assert.deepEqual(kernelSegments(plan), ['100000+40..102000']);
      assert.equal(plan.entry.eip, ENTRY);
      assert.equal(plan.entry.mode, 'protected32');
    });
  }

  it('hvm_start_info version 1: command line, modules, memory map', () => {
    const memoryBytes = 16 * MIB;
    const modules = [bootModule('/tmp/initrd.img', 'one'), bootModule('two', 'x'.repeat(5000), 'arg ument')];
    const plan = planBoot(bootInput(image(true), { memoryBytes, modules, commandLine: 'console=ttyS0 answer=42' }));
    const memory = new DirtyMemory(memoryBytes);
    applyBootPlan(plan, memory);
    const info = plan.entry.ebx;
    assert.deepEqual(
      [0, 4, 8, 12].map((offset) => memory.u32(info + offset)),
      [0x336ec578, 1, 0, 2],
    );
    const [modlist, cmdline, rsdp, memmap] = [16, 24, 32, 40].map((offset) => memory.u64(info + offset));
    assert.equal(memory.text(cmdline!), 'console=ttyS0 answer=42');
    assert.equal(rsdp, 0);
    const first = [0, 8, 16, 24].map((offset) => memory.u64(modlist! + offset));
    const second = [0, 8, 16, 24].map((offset) => memory.u64(modlist! + 32 + offset));
    assert.deepEqual([first[1], first[2], first[3]], [3, 0, 0]);
    assert.equal(memory.text(first[0]!), 'one');
    assert.equal(second[1], 5000);
    assert.equal(memory.text(second[2]!), 'arg ument');
    assert.equal(second[0]! + 0x2000, memoryBytes, 'modules end at the top of memory');
    assert.equal(first[0]! % 4096, 0);
    const map = Array.from({ length: memory.u32(info + 48) }, (_, i) => {
      const at = memmap! + i * 24;
      return [memory.u64(at).toString(16), memory.u64(at + 8).toString(16), memory.u32(at + 16)].join(' ');
    });
    assert.deepEqual(map, ['0 9fc00 1', '9fc00 400 2', 'f0000 10000 2', '100000 f00000 1', 'fec00000 1000 2', 'fee00000 1000 2']);
  });

  it('bss is zeroed, and the GDT behind the selectors is flat', () => {
    const plan = planBoot(bootInput(image(true)));
    const memory = new DirtyMemory(64 * MIB);
    applyBootPlan(plan, memory);
    assert.equal(
      memory.bytes.subarray(0x100040, 0x102000).every((byte) => byte === 0),
      true,
    );
    assert.equal(memory.bytes[0x102000], 0xcc);
    const { gdtBaseGpa, codeSelector, dataSelector } = plan.entry;
    assert.deepEqual([memory.u32(gdtBaseGpa + codeSelector + 4), memory.u32(gdtBaseGpa + dataSelector + 4)], [0x00cf9b00, 0x00cf9300]);
  });

  it('no modules: an empty list has address 0', () => {
    const plan = planBoot(bootInput(image(true)));
    const memory = new DirtyMemory(64 * MIB);
    applyBootPlan(plan, memory);
    assert.deepEqual([memory.u32(plan.entry.ebx + 12), memory.u64(plan.entry.ebx + 16)], [0, 0]);
  });

  it('user errors: no note, entry outside, too large, not RAM, over the boot data, too long command line', () => {
    const plain = elfImage({ is64: true, entry: 0x100000, segments: [{ vaddr: 0x100000, bytes: code }] });
    assert.throws(() => planBoot(bootInput(plain, { protocol: 'pvh' })), { id: 'boot-no-pvh' });
    const outside = elfImage({ is64: true, entry: 0, segments: [{ vaddr: 0x100000, bytes: code }, pvhNote(0x200000, true)] });
    assert.throws(() => planBoot(bootInput(outside)), { id: 'boot-entry', message: /0x200000/ });
    const at = (paddr: number | bigint, memorySize = 0x100) =>
      elfImage({
        is64: true,
        entry: 0,
        segments: [{ vaddr: paddr, bytes: code, memorySize }, pvhNote(Number(BigInt.asUintN(32, BigInt(paddr))), true)],
      });
    assert.throws(() => planBoot(bootInput(at(0x100000, 200 * MIB))), {
      id: 'boot-too-large',
      message: /needs 201 MiB .* has 64 MiB: set memory to "201M" or more/,
    });
    assert.throws(() => planBoot(bootInput(at(0xffffffff80100000n))), { id: 'boot-not-ram', message: /AT\(\)/ });
    assert.throws(() => planBoot(bootInput(at(0xa0000))), { id: 'boot-not-ram' });
    assert.throws(() => planBoot(bootInput(at(0x8ff80))), { id: 'boot-not-ram' });
    assert.throws(() => planBoot(bootInput(image(true), { commandLine: 'x'.repeat(60_000) })), { id: 'boot-text-too-long' });
    const modules = [bootModule('big', 'y'.repeat(8 * MIB))];
    assert.throws(() => planBoot(bootInput(image(true), { memoryBytes: 8 * MIB, modules })), {
      id: 'boot-too-large',
      message: /kernel.elf and big needs 10 MiB/,
    });
  });

  it('a note too short to hold an address is no PVH note', () => {
    const short = elfImage({
      is64: true,
      entry: 0,
      segments: [
        { vaddr: 0x100000, bytes: code },
        { vaddr: 0, note: true, bytes: words(4, 2, 18, 0x6e6558, 0) },
      ],
    });
    assert.throws(() => planBoot(bootInput(short, { protocol: 'pvh' })), { id: 'boot-no-pvh' });
  });
});
