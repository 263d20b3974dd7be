// Linux's boot protocol: Documentation/arch/x86/boot.rst and zero-page.rst.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { applyBootPlan } from '../../../src/boot/apply';
import { planBoot } from '../../../src/boot/detect';
import type { BootInput } from '../../../src/boot/plan';
import { bootInput, bootModule, DirtyMemory, elfImage, MIB, pvhNote } from '../images';
import { type BzImageOptions, bzImage } from './bzimage';

const LOAD = 16 * MIB;
const plan = (options: BzImageOptions = {}, more: Partial<BootInput> = {}) => planBoot(bootInput(bzImage(options), more));
function booted(options: BzImageOptions = {}, more: Partial<BootInput> = {}) {
  const made = plan(options, more);
  const memory = new DirtyMemory(more.memoryBytes ?? 64 * MIB);
  applyBootPlan(made, memory);
  return { plan: made, memory, page: made.entry.esi! };
}
const refused = (pattern: RegExp, options: BzImageOptions, more: Partial<BootInput> = {}) =>
  assert.throws(() => plan(options, more), pattern);

describe('Linux boot protocol', () => {
  it('the protected-mode part is loaded at pref_address; a kernel that is not relocatable at code32_start', () => {
    const { memory, plan: made } = booted();
    assert.equal(made.segments[0]!.gpa, LOAD);
    assert.equal(memory.u32(LOAD), 0x90909090);
    assert.equal(plan({ relocatable: false }).segments[0]!.gpa, 0x100000);
  });

  it('64-bit entry: 0x200 behind the start, RSI at boot_params, CS 0x10, DS 0x18, 4 GiB mapped to themselves', () => {
    const { plan: made, memory } = booted();
    const { entry } = made;
    assert.deepEqual([made.protocol, entry.mode, entry.eip], ['linux', 'long64', LOAD + 0x200]);
    assert.deepEqual([entry.codeSelector, entry.dataSelector], [0x10, 0x18]);
    assert.equal(memory.u32(entry.gdtBaseGpa + 0x14), 0x00af9b00, 'a 64-bit code segment');
    assert.equal(memory.u32(entry.gdtBaseGpa + 0x1c), 0x00cf9300);
    for (const gpa of [0, LOAD, 0xfee00000]) {
      const pointers = memory.u64(entry.cr3Gpa!) & ~0xfff;
      const directory = memory.u64(pointers + 8 * Math.floor(gpa / 2 ** 30)) & ~0xfff;
      const page = memory.u64(directory + 8 * (Math.floor(gpa / 2 ** 21) % 512));
      assert.equal(page, Math.floor(gpa / 2 ** 21) * 2 ** 21 + 0x83);
    }
  });

  it('32-bit entry: for kernels without XLF_KERNEL_64, for protocols below 2.12, and where it is asked for', () => {
    for (const made of [plan({ xloadFlags: 0 }), plan({ version: 0x20b }), plan({}, { protocol: 'linux32' })]) {
      assert.deepEqual([made.protocol, made.entry.mode, made.entry.eip, made.entry.cr3Gpa], ['linux32', 'protected32', LOAD, undefined]);
    }
    const { memory, plan: made } = booted({}, { protocol: 'linux32' });
    assert.equal(memory.u32(made.entry.gdtBaseGpa + 0x14), 0x00cf9b00, 'a 32-bit code segment');
  });

  it('boot_params: the setup header, loader type, command line, initrd, e820, ACPI root pointer, screen; all else 0', () => {
    const initrd = bootModule('initrd', 'some files');
    const acpi = { rsdpGpa: 0xf0000, rsdp: new Uint8Array(36), segments: [] };
    const { memory, page } = booted({}, { commandLine: 'console=ttyS0 quiet', modules: [initrd], acpi, display: true });
    assert.equal(memory.u32(page + 0x202), 0x53726448);
    assert.equal(memory.bytes[page + 0x210], 0xff);
    assert.equal(memory.text(memory.u32(page + 0x228)), 'console=ttyS0 quiet');
    const start = memory.u32(page + 0x218);
    assert.equal(start, 64 * MIB - 0x1000, 'as high as there is memory');
    assert.equal(new TextDecoder().decode(memory.read(start, 10)), 'some files');
    assert.equal(memory.u32(page + 0x21c), 12, 'with padding to 4');
    const ranges = Array.from({ length: memory.bytes[page + 0x1e8]! }, (_, i) => page + 0x2d0 + 20 * i).map(
      (at) => `${memory.u64(at).toString(16)}+${memory.u64(at + 8).toString(16)}:${memory.u32(at + 16)}`,
    );
    assert.ok(ranges.includes('100000+3f00000:1') && ranges.includes('0+9fc00:1') && ranges.includes('f0000+10000:2'), ranges.join(' '));
    assert.equal(memory.u64(page + 0x70), 0xf0000);
    assert.deepEqual([...memory.read(page + 6, 2)!, memory.bytes[page + 0xf]], [3, 80, 1], 'text mode 3, 80 columns, VGA');
    assert.equal(memory.u32(page + 0x1e0), 0, 'alt_mem_k');
    assert.equal(memory.u32(page + 0x268), 0, 'behind the header');
  });

  it('several modules are one initrd, each on 4 bytes, below initrd_addr_max', () => {
    const modules = [bootModule('a', '12345'), bootModule('b', '678')];
    const { memory, page } = booted({ initrdMax: 0x2ffffff }, { modules });
    const start = memory.u32(page + 0x218);
    assert.deepEqual([start, memory.u32(page + 0x21c)], [0x2fff000, 12]);
    assert.equal(memory.u32(start + 8), 0x00383736);
  });

  it('what cannot boot is refused with what to do', () => {
    refused(/protocol 2.05: take a bzImage/, { version: 0x205 });
    refused(/loaded low/, { loadFlags: 0 });
    refused(/command line takes 30 bytes: at most 20/, { commandLineMost: 20 }, { commandLine: 'x'.repeat(30) });
    refused(/kernel.elf needs 40 MiB of memory and the virtual machine has 32 MiB/, { initSize: 24 * MIB }, { memoryBytes: 32 * MIB });
    refused(/module initrd has arguments/, {}, { modules: [bootModule('initrd', 'x', 'arguments')] });
    refused(
      /does not fit between the end of the kernel, 0x1400000, and/,
      { initrdMax: 0x1400010 },
      { modules: [bootModule('initrd', 'x'.repeat(99))] },
    );
    assert.throws(() => planBoot(bootInput(new Uint8Array(0x1000), { protocol: 'linux' })), /not a kernel image/);
    assert.throws(() => plan({}, { protocol: 'pvh' }), /is a Linux bzImage: set boot to "auto" or "linux"/);
    const cut = bzImage({ payload: new Uint8Array(0x2000) }).subarray(0, 0x1000);
    assert.throws(() => planBoot(bootInput(cut)), /is cut short/);
  });
});

describe('fast boot of a bzImage', () => {
  const vmlinux = elfImage({
    is64: true,
    entry: 0x1000000,
    segments: [{ vaddr: 0x1000000, bytes: new Uint8Array(64).fill(0xf4) }, pvhNote(0x1000010, true)],
  });

  it('the payload is unpacked and entered by PVH', () => {
    const made = plan({ payload: gzipSync(vmlinux) }, { fastBoot: true });
    assert.deepEqual([made.protocol, made.entry.eip], ['pvh', 0x1000010]);
    assert.match(made.why, /^Fast boot: the gzip payload/);
  });

  it('is refused where it cannot be: no bzImage, another protocol, no PVH entry, an unknown or damaged payload', () => {
    const payload = gzipSync(vmlinux);
    const fast = { fastBoot: true };
    assert.throws(() => planBoot(bootInput(vmlinux, fast)), /fastBoot cannot be used for kernel.elf: it is no Linux bzImage/);
    refused(/boot is "linux32"/, { payload }, { ...fast, protocol: 'linux32' });
    const plain = elfImage({ is64: true, entry: 0x1000000, segments: [{ vaddr: 0x1000000, bytes: new Uint8Array(64) }] });
    refused(/no PVH entry/, { payload: gzipSync(plain) }, fast);
    refused(/packed in a way that is not known/, { payload: new Uint8Array(100).fill(7) }, fast);
    refused(/does not say where its payload is/, {}, fast);
    const damaged = payload.slice().fill(0xff, 20, 40);
    refused(/gzip data that cannot be unpacked/, { payload: damaged }, fast);
  });
});
