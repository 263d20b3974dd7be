// Image files of the repository as configurations take them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VmConfig } from '../../src/machine/control/types';

export function imageFile(path: string): VmConfig['image'] {
  const file = join(__dirname, '../..', path);
  return { path: file, bytes: readFileSync(file) };
}
