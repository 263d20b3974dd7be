// What can be wrong with packed data, each as one sentence that says what to do.
import { UserError } from '../../base/user-error';

export class UnpackError extends UserError {
  override name = 'UnpackError';

  static unknown(file: string): UnpackError {
    return new UnpackError(
      'unpack-format',
      `${file} is packed in a way that is not known here (gzip, xz, lz4 and zstd are): let the guest unpack it itself.`,
    );
  }

  static damaged(file: string, format: string, what: string): UnpackError {
    return new UnpackError('unpack-damaged', `${file} has ${format} data that cannot be unpacked, ${what}: copy or build it again.`);
  }
}

/** Thrown by the unpackers; unpack.ts says of which file. */
export class PackedDataFault extends Error {}
