// The same kernel packed otherwise than Debian does: fast boot unpacks what Linux's build may have chosen.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bzImage } from '../../boot/linux/bzimage';
import { runGuest } from '../../support/cli';
import { scratchFolder } from '../../support/scratch';
import type { LinuxGuest } from './packages';
import { vmlinuxOf } from './vmlinux';

/** Linux's build says "zstd -22 --ultra", which takes long and is unpacked the same way. */
const COMMANDS = { gzip: ['-c'], zstd: ['-q', '-c'] } as const;
type Packer = keyof typeof COMMANDS;
export const PACKERS = Object.keys(COMMANDS) as Packer[];
const MOST_BYTES = 64 << 20;

export function checkRepacked(guest: LinuxGuest, packer: Packer): string {
  const vmlinux = vmlinuxOf(guest);
  const packed = execFileSync(packer, [...COMMANDS[packer], vmlinux], { maxBuffer: MOST_BYTES });
  // Linux puts the size behind what is not gzip, which has it (arch/x86/boot/compressed/Makefile, size_append).
  const size = new Uint8Array(new Uint32Array([readFileSync(vmlinux).length]).buffer);
  const image = join(scratchFolder(), 'bzImage');
  writeFileSync(image, bzImage({ payload: packer === 'gzip' ? packed : Buffer.concat([packed, size]) }));
  const append = 'console=ttyS0 quiet cryptomgr.notests guest.short';
  const { stdout, stderr, stats } = runGuest(image, ['--fast-boot', '--initrd', guest.initrd, '--append', append], { timeoutMs: 900_000 });
  assert.match(stderr, new RegExp(`the ${packer} payload is unpacked`));
  assert.equal(stats.exit.reason, 'power-off', stdout.slice(-2000));
  assert.match(stdout, /GUEST: INIT/);
  return `${(packed.length / 1e6).toFixed(1)} MB`;
}
