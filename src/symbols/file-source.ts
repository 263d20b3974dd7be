// A file read in ranges through Node, with a small cache of blocks: headers and tables are read in many small pieces.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from '../base/byte-source';
import { UserError } from '../base/user-error';

/** Small, because the headers of a large file's units lie far apart. */
const BLOCK_SIZE = 4 * 1024;
const MAX_BLOCKS = 1024;
/** Longer reads go past the cache: a section read whole would only push out what is worth keeping. */
const MAX_CACHED_READ = 8 * BLOCK_SIZE;

export class FileError extends UserError {
  override name = 'FileError';

  static cannotOpen(path: string, cause: string): FileError {
    return new FileError('file-cannot-open', `${path} cannot be opened (${cause}): check the path, and build the image first.`);
  }

  static notAFile(path: string): FileError {
    return new FileError('file-not-a-file', `${path} is not a file: name the image itself.`);
  }

  static cannotRead(path: string, cause: string): FileError {
    return new FileError('file-cannot-read', `${path} cannot be read (${cause}): it may have been replaced while in use; start again.`);
  }
}

export class FileByteSource implements ByteSource {
  /** Least recently used first. */
  private readonly blocks = new Map<number, Uint8Array>();

  private constructor(
    readonly name: string,
    private readonly descriptor: number,
    readonly size: number,
    /** Milliseconds, for "the source is newer than the image". */
    readonly modifiedMs: number,
  ) {}

  static open(path: string): FileByteSource {
    let descriptor: number;
    try {
      descriptor = openSync(path, 'r');
    } catch (error) {
      throw FileError.cannotOpen(path, reasonOf(error));
    }
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) {
      closeSync(descriptor);
      throw FileError.notAFile(path);
    }
    return new FileByteSource(path, descriptor, stat.size, stat.mtimeMs);
  }

  read(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    if (wanted > MAX_CACHED_READ) return this.readDirect(offset, wanted);
    const out = new Uint8Array(wanted);
    for (let done = 0; done < wanted; ) {
      const at = offset + done;
      const index = Math.floor(at / BLOCK_SIZE);
      const part = this.block(index).subarray(at - index * BLOCK_SIZE, at - index * BLOCK_SIZE + wanted - done);
      if (part.length === 0) return out.subarray(0, done);
      out.set(part, done);
      done += part.length;
    }
    return out;
  }

  dispose(): void {
    this.blocks.clear();
    closeSync(this.descriptor);
  }

  private block(index: number): Uint8Array {
    const bytes = this.blocks.get(index) ?? this.readDirect(index * BLOCK_SIZE, Math.min(BLOCK_SIZE, this.size - index * BLOCK_SIZE));
    this.blocks.delete(index);
    this.blocks.set(index, bytes);
    if (this.blocks.size > MAX_BLOCKS) this.blocks.delete(this.blocks.keys().next().value!);
    return bytes;
  }

  private readDirect(offset: number, length: number): Uint8Array {
    // Not cleared first: all of it is read.
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    let done = 0;
    try {
      while (done < length) {
        const count = readSync(this.descriptor, bytes, done, length - done, offset + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw FileError.cannotRead(this.name, reasonOf(error));
    }
    return bytes.subarray(0, done);
  }
}

/** A file that need not be there. */
export function openIfThere(path: string): FileByteSource | undefined {
  try {
    return FileByteSource.open(path);
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
