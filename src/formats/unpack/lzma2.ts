// LZMA2: chunks that are stored or LZMA (The .xz File Format 5.3.1; the LZMA SDK's lzma-specification). The dictionary is the output itself.
import { copyBytes } from './copy-match';
import { LzmaState } from './lzma';
import { PackedDataFault } from './unpack-error';

const CONTROL = { end: 0, storedWithReset: 1, stored: 2, lzma: 0x80 } as const;
const RESET = { state: 1, properties: 2, dictionary: 3 } as const;

export class Lzma2 {
  private state: LzmaState | undefined;
  private dictionaryStart: number;

  constructor(
    private readonly source: Uint8Array,
    public at: number,
    private readonly output: Uint8Array,
    /** End of what is written. */
    public end: number,
  ) {
    this.dictionaryStart = end;
  }

  unpack(): void {
    for (;;) {
      const control = this.byte();
      if (control === CONTROL.end) return;
      if (control >= CONTROL.lzma) this.lzmaChunk(control);
      else if (control <= CONTROL.stored) this.storedChunk(control === CONTROL.storedWithReset);
      else throw new PackedDataFault('a chunk of an unknown kind');
    }
  }

  private storedChunk(reset: boolean): void {
    if (reset) this.dictionaryStart = this.end;
    const size = this.bigEndian16() + 1;
    this.end = copyBytes(this.output, this.end, this.source.subarray(this.at, this.at + size), size);
    this.at += size;
  }

  private lzmaChunk(control: number): void {
    const unpacked = ((control & 0x1f) << 16) + this.bigEndian16() + 1;
    const packed = this.bigEndian16() + 1;
    const reset = (control >> 5) & 3;
    if (reset === RESET.dictionary) this.dictionaryStart = this.end;
    if (reset >= RESET.properties) this.state = new LzmaState(this.byte());
    else if (reset === RESET.state) this.state?.reset();
    if (this.state === undefined) throw new PackedDataFault('a chunk without properties');
    if (this.end + unpacked > this.output.length) throw new PackedDataFault(`more than ${this.output.length} bytes`);
    if (this.at + packed > this.source.length) throw new PackedDataFault('it ends too soon');
    this.state.unpack(this.source.subarray(this.at, this.at + packed), this.output, this.dictionaryStart, this.end, this.end + unpacked);
    this.at += packed;
    this.end += unpacked;
  }

  private byte(): number {
    const byte = this.source[this.at++];
    if (byte === undefined) throw new PackedDataFault('it ends too soon');
    return byte;
  }

  private bigEndian16(): number {
    return (this.byte() << 8) | this.byte();
  }
}
