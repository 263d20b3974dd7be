// Builds the test guests into out/guests, once per run of the tests.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { testOut } from './out';

const root = resolve(__dirname, '../..');
const built = new Set<string>();

const make = (folder: string, out: string, target: string, variables: string[]): string => {
  const image = join(out, target);
  const key = [image, ...variables].join(' ');
  if (!built.has(key)) {
    mkdirSync(out, { recursive: true });
    execFileSync('make', ['-s', '-B', '-C', folder, `OUT=${out}`, ...variables, image], { stdio: ['ignore', 'ignore', 'pipe'] });
    built.add(key);
  }
  return image;
};

/** A guest test: test/guests/NAME.c with the kernel of samples/kvm-c. */
export const guestTest = (name: string): string => make(join(root, 'test/guests'), testOut('guests'), `${name}.elf`, []);

/** The guest whose scaling `compare` shows: sections under one lock, each with a TLB shootdown, on up to 16 vCPUs. */
export const scalingGuest = (): string => make(join(root, 'test/guests/scaling'), testOut('guests'), 'scaling.elf', []);

/** A guest test of the processor: test/guests/system/TOPIC.c with the runtime beside it. */
export const systemGuest = (topic: string, kind: 'mb' | 'iso'): string =>
  make(join(root, 'test/guests/system'), testOut('guests/system'), `${topic}.${kind}`, []);

/** The benchmark guest ("bench.elf", "bench.mb") or its native twin ("native"). */
export const benchGuest = (target: string, variables: Record<string, string>): string => {
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return make(join(root, 'test/guests/bench'), testOut(`guests/${settings.join('-').replaceAll('=', '') || 'bench'}`), target, settings);
};

/** A 32-bit kernel of one file with test/guests/screen/start.S: "screen.elf", "framebuffer.elf", "test-devices.elf", "many-events.elf". */
export const screenGuest = (target: string): string => make(join(root, 'test/guests/screen'), testOut('guests'), target, []);

export const sample = (folder: string, file: string): string => join(root, 'samples', folder, file);
