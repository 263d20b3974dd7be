// What --self-check finds out about the runtime, and its guest.
import assert from 'node:assert/strict';
import { MemoryByteSource } from '../../src/base/byte-source';
import { LOAD_GPA, pvhImage } from '../../src/cli/self-check/pvh-image';
import { runtimeLines } from '../../src/cli/self-check/runtime';
import { LOOP_INSTRUCTIONS, speedGuest } from '../../src/cli/self-check/speed-guest';
import { ElfFile } from '../../src/formats/elf';

describe('self-check', () => {
  it('knows this runtime', () => {
    const lines = new Map(runtimeLines().map(({ name, text, ok }) => [name, { text, ok }]));
    assert.ok([...lines.values()].every(({ ok }) => ok));
    assert.match(lines.get('Node.js')!.text, new RegExp(`^${process.versions.node.replaceAll('.', '\\.')} on `));
    assert.equal(lines.get('32-bit memory')!.text, 'yes');
    assert.equal(lines.get('shared memory')!.text, 'yes');
    assert.equal(lines.get('tail calls')!.text, 'yes');
    assert.match(lines.get('address space')!.text, /GiB can be reserved/);
  });

  it('has a guest whose loop jumps to its first instruction', () => {
    const code = speedGuest(7);
    const jump = code.indexOf(0x75);
    assert.equal(jump + 2 + ((code[jump + 1]! << 24) >> 24), 9);
    assert.equal(LOOP_INSTRUCTIONS, 8);
  });

  it('makes an ELF image that the reader of ELF understands', () => {
    const code = speedGuest(7);
    const image = pvhImage(code);
    const elf = ElfFile.open(new MemoryByteSource('self-check', image));
    const [load] = elf.segments;
    assert.deepEqual([load?.type, load?.paddr, load?.fileSize, load?.memorySize], [1, BigInt(LOAD_GPA), code.length, code.length]);
    assert.deepEqual(image.slice(load!.offset), code);
    const [note] = elf.notes;
    assert.deepEqual([note?.name, note?.type], ['Xen', 18]);
    assert.equal(new DataView(note!.desc.buffer, note!.desc.byteOffset).getUint32(0, true), LOAD_GPA);
  });
});
