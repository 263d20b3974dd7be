// Where indexes of large files are kept between sessions: one file for each build-id in a cache folder, which may be deleted at any time.

import { join } from 'node:path';
import { DiskStore } from '../../user-cache/disk-store';
import { userCacheFolder } from '../../user-cache/folder';

/** What keeps indexes: bytes by name. Both may do nothing. */
export interface IndexStore {
  load(name: string): Uint8Array | undefined;
  save(name: string, bytes: Uint8Array): void;
}

const SUFFIX = '.symbols';
/** About forty kernels. */
const MOST_BYTES = 256 * 1024 * 1024;

export const indexFolder = (environment?: NodeJS.ProcessEnv, platform?: string): string =>
  join(userCacheFolder(environment, platform), 'symbols');

export class DiskIndexStore extends DiskStore implements IndexStore {
  constructor(folder = indexFolder(), mostBytes = MOST_BYTES) {
    super(folder, SUFFIX, mostBytes);
  }
}
