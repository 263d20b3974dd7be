// A kernel's build folder gives a configuration by itself.
import assert from 'node:assert/strict';
import { linuxConfiguration } from '../../src/host/project/linux-configuration';

const folder =
  (...paths: string[]) =>
  (path: string) =>
    Promise.resolve(paths.includes(path));

describe('a launch configuration for a kernel that was built here', () => {
  it('runs the bzImage with the symbols of vmlinux and the built-in initramfs', async () => {
    assert.deepEqual(await linuxConfiguration(folder('Kbuild', 'vmlinux', 'arch/x86/boot/bzImage')), {
      type: 'hyperscope',
      request: 'launch',
      name: 'Debug Linux',
      image: '${workspaceFolder}/arch/x86/boot/bzImage',
      fastBoot: true,
      symbolFiles: [{ file: '${workspaceFolder}/vmlinux' }],
      initrd: 'builtin',
      append: 'console=ttyS0',
    });
  });

  it('runs vmlinux where there is no bzImage, with the initramfs beside it', async () => {
    const configuration = await linuxConfiguration(folder('Kbuild', 'vmlinux', 'initramfs.cpio', 'initrd.img'));
    assert.equal(configuration?.image, '${workspaceFolder}/vmlinux');
    assert.equal(configuration?.initrd, '${workspaceFolder}/initramfs.cpio');
  });

  it('is for kernel folders only', async () => {
    assert.equal(await linuxConfiguration(folder('vmlinux')), undefined);
    assert.equal(await linuxConfiguration(folder('Kbuild')), undefined);
  });
});
