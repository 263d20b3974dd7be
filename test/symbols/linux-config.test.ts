// The pre-flight of a kernel's configuration.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { configInside, missingOptions, parseConfig } from '../../src/symbols/linux-config';
import { build, open, requireCompiler, scratch } from './toolchain';

const GOOD = 'DEBUG_INFO SERIAL_8250_CONSOLE PVH KVM_GUEST BLK_DEV_INITRD SMP UNWINDER_ORC'
  .split(' ')
  .map((name) => `CONFIG_${name}=y\n`)
  .join('');
const USE = { pvh: true, kvm: true, initrd: true, vcpus: 2 };

describe("a kernel's configuration", () => {
  it('is parsed as Kconfig writes it', () => {
    const config = parseConfig('# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C="text"\nCONFIG_D=m\nCONFIG_E=n\n');
    assert.deepEqual(
      [...config],
      [
        ['CONFIG_B', 'y'],
        ['CONFIG_C', 'text'],
        ['CONFIG_D', 'm'],
      ],
    );
  });

  it('that has all is not complained about', () => {
    assert.deepEqual(missingOptions(parseConfig(GOOD), USE), []);
  });

  it('is told what it lacks, and only what matters for this run', () => {
    const missing = (config: string, use = USE): string => missingOptions(parseConfig(config), use).join('\n');
    for (const name of ['DEBUG_INFO', 'SERIAL_8250_CONSOLE', 'PVH', 'KVM_GUEST', 'BLK_DEV_INITRD', 'SMP', 'UNWINDER_ORC'])
      assert.match(
        missing(GOOD.replace(`CONFIG_${name}=y\n`, '')),
        new RegExp(`^The kernel is built without CONFIG_${name}: .*\\.$`),
        name,
      );
    const plain = { pvh: false, kvm: false, initrd: false, vcpus: 1 };
    assert.equal(missing('CONFIG_DEBUG_INFO_DWARF5=y\nCONFIG_SERIAL_8250_CONSOLE=y\nCONFIG_UNWINDER_ORC=y\n', plain), '');
  });

  it('is found inside a kernel with IKCONFIG', function () {
    requireCompiler(this, 'gcc');
    const [packed, source] = [join(scratch(), 'config.gz'), join(scratch(), 'configs.S')];
    writeFileSync(packed, gzipSync(GOOD));
    const bytes = `.globl kernel_config_data\nkernel_config_data: .incbin "${packed}"`;
    writeFileSync(source, `.section .rodata\n.ascii "padIKCFG_ST"\n${bytes}\n.ascii "IKCFG_ED"\n`);
    const object = build('gcc', ['-c'], [source]);
    assert.equal(configInside(open(object))?.get('CONFIG_PVH'), 'y');
  });
});
