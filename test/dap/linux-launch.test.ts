// A launch of a Linux bzImage: what is said beforehand about its symbols, its memory and its initrd. The bzImage is a header only.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadSymbols } from '../../src/dap/launch/symbols';
import { applySourceMap } from '../../src/symbols/paths';
import { fakeKernel } from '../debug/linux/fake-kernel';
import { requireCompiler, scratch } from '../symbols/toolchain';

/** Documentation/arch/x86/boot.rst: one setup sector, then the payload. */
function bzImage(release: string, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(0x800 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0x1f1, 3);
  view.setUint16(0x1fe, 0xaa55, true);
  view.setUint32(0x202, 0x53726448, true);
  view.setUint16(0x206, 0x020f, true);
  view.setUint16(0x20e, 0x100, true);
  view.setUint32(0x24c, payload.length, true);
  bytes.set(new TextEncoder().encode(`${release} (nobody) #1\0`), 0x300);
  bytes.set(payload, 0x800);
  return bytes;
}

describe('a launch of a bzImage', () => {
  let folder = '';
  let image = '';
  let vmlinux = '';
  before(function () {
    requireCompiler(this, 'gcc');
    folder = mkdtempSync(join(scratch(), 'bz-'));
    image = join(folder, 'bzImage');
    vmlinux = fakeKernel().file.name;
    writeFileSync(image, bzImage('6.1.0-test', gzipSync(readFileSync(vmlinux))));
  });

  const warnings = (more: object = {}): string => loadSymbols({ image, ...more }).warnings.join('\n');

  it('takes the vmlinux that is named', () => {
    const { symbols, kernel, addresses } = loadSymbols({ image, symbolFiles: [{ file: vmlinux }], initrd: 'initrd' });
    assert.equal(kernel?.file.name, vmlinux);
    assert.equal(symbols.all.length, 1);
    // It chooses its place itself: no address before paging says anything.
    assert.equal(addresses.physicalOf(kernel!.text.start), undefined);
  });

  it('finds the vmlinux beside it', () => {
    writeFileSync(join(folder, 'vmlinux-6.1.0-test'), readFileSync(vmlinux));
    assert.equal(loadSymbols({ image }).kernel?.file.name, join(folder, 'vmlinux-6.1.0-test'));
  });

  it('says where symbols would come from', () => {
    const alone = join(mkdtempSync(join(scratch(), 'bz-')), 'bzImage');
    writeFileSync(alone, bzImage('5.5.5-none', new Uint8Array(0)));
    assert.match(loadSymbols({ image: alone }).warnings.join('\n'), /no symbols for .*"symbolFiles".*linux-image-5\.5\.5-none-dbg/);
  });

  it('refuses the vmlinux of another release, with both build-ids', () => {
    const other = join(mkdtempSync(join(scratch(), 'bz-')), 'bzImage');
    writeFileSync(other, bzImage('6.6.0-other', gzipSync(readFileSync(vmlinux))));
    assert.throws(
      () => loadSymbols({ image: other, symbolFiles: [{ file: vmlinux }] }),
      /Linux 6\.1\.0-test \(build-id [0-9a-f]{40}\), but .* is Linux 6\.6\.0-other \(build-id [0-9a-f]{40}\)/,
    );
  });

  it("finds the sources of Debian's build folders beside it", () => {
    mkdirSync(join(folder, 'init'), { recursive: true });
    writeFileSync(join(folder, 'init', 'main.c'), '');
    const { sourceMap } = loadSymbols({ image, sourceMap: { '/build/*/linux-*': '/mine' } });
    const found = (path: string): string => applySourceMap(sourceMap, path);
    assert.equal(found('debian/build/build_amd64_none_cloud-amd64/init/main.c'), join(folder, 'init/main.c'));
    assert.equal(found('/build/reproducible-path/linux-6.1.192/debian/build/build_amd64/arch/x86/a.S'), join(folder, 'arch/x86/a.S'));
    assert.equal(found('/build/reproducible-path/linux-6.1.192/arch/x86/kernel/head_64.S'), '/mine/arch/x86/kernel/head_64.S');
    assert.equal(found('/build/other/thing.c'), '/build/other/thing.c');
  });

  it('leaves a vmlinux out that is cut short, and says so', () => {
    const whole = readFileSync(vmlinux);
    const places = [100, 0x1000, whole.length >> 1, whole.length - 100];
    for (const length of places) {
      const cut = join(folder, `vmlinux-cut-${length}`);
      writeFileSync(cut, whole.subarray(0, length));
      const said = (): string => loadSymbols({ image, symbolFiles: [{ file: cut }] }).warnings.join('\n');
      let text = '';
      try {
        text = said();
      } catch (error) {
        text = (error as Error).message;
      }
      assert.match(text, new RegExp(`vmlinux-cut-${length}`), `${length}: ${text}`);
      assert.match(text, /cut short/, `${length}: ${text}`);
    }
  });

  it('says when there is no initrd, unless the root is elsewhere', () => {
    assert.match(warnings(), /There is no initrd/);
    assert.doesNotMatch(warnings({ initrd: 'x' }), /no initrd/);
    assert.doesNotMatch(warnings({ append: 'quiet root=/dev/vda1' }), /no initrd/);
  });

  it('says what the configuration beside it lacks for this run', () => {
    writeFileSync(join(folder, 'config-6.1.0-test'), 'CONFIG_SERIAL_8250_CONSOLE=y\nCONFIG_UNWINDER_ORC=y\nCONFIG_KVM_GUEST=y\n');
    assert.match(warnings(), /without CONFIG_DEBUG_INFO:/);
    assert.doesNotMatch(warnings(), /CONFIG_PVH/);
    assert.match(warnings({ fastBoot: true }), /without CONFIG_PVH: .*leave fastBoot out/);
  });

  it('says when memory is too little', () => {
    assert.match(warnings({ memory: '64M' }), /64M of memory is little for Linux/);
    assert.doesNotMatch(warnings({ memory: '128M' }), /memory is little/);
    assert.doesNotMatch(warnings(), /memory is little/);
  });
});
