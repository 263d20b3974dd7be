// The code and data windows of a vector, in one machine that goes from vector to vector: only what one has changed is put back.
import type { VectorMachine } from './machine';
import { CODE_SIZE, DATA, DATA_SIZE, hexBytes, PATTERN, type Vector } from './vector';

const MAX_WORDS = 64;
/** INT3. */
const FILLER = 0xcc;
const FILLER_WORD = 0xcccc_cccc;

const words = (bytes: Uint8Array): Uint32Array => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);

/** Words that are looked at together: most blocks are as they were. */
const BLOCK = 64;
function differs(now: Uint32Array, expected: Uint32Array, from: number): boolean {
  let difference = 0;
  for (let i = from; i < from + BLOCK; i++) difference |= (now[i] as number) ^ (expected[i] as number);
  return difference !== 0;
}

export class CodeWindow {
  private readonly page: Uint32Array;
  private readonly bytes = new Uint8Array(CODE_SIZE);
  /** How many bytes from the beginning may not be filler. */
  private used = CODE_SIZE;

  constructor(
    private readonly machine: VectorMachine,
    private readonly gpa: number,
  ) {
    this.page = words(machine.view(gpa, CODE_SIZE));
  }

  lay(code: Uint8Array): void {
    const length = Math.max(this.used, code.length);
    this.bytes.fill(FILLER, 0, length);
    this.bytes.set(code);
    this.machine.write(this.gpa, this.bytes.subarray(0, length));
    this.used = code.length;
  }
  /** After a run: what it stored into the page is overwritten by the next. */
  settle(): void {
    const { page } = this;
    let difference = 0;
    for (let i = (this.used + 3) >> 2; i < page.length; i++) difference |= (page[i] as number) ^ FILLER_WORD;
    if (difference !== 0) this.used = CODE_SIZE;
  }
}

export class DataWindow {
  private readonly bytes: Uint8Array;
  private readonly now: Uint32Array;
  private readonly expected = PATTERN.slice();
  private readonly expectedWords = words(this.expected);

  constructor(
    private readonly machine: VectorMachine,
    private readonly gpa: number,
  ) {
    machine.write(gpa, PATTERN);
    this.bytes = machine.view(gpa, DATA_SIZE);
    this.now = words(this.bytes);
  }

  lay(v: Vector): void {
    for (const { address, bytes } of v.memory) {
      this.expected.set(bytes, address - DATA);
      this.machine.write(this.gpa + address - DATA, bytes);
    }
  }

  /** The changed quadwords as fields of a result. The window is put back. */
  changes(v: Vector): string {
    const { now, expectedWords } = this;
    let text = '';
    let found = 0;
    for (let block = 0; block < now.length; block += BLOCK) {
      if (!differs(now, expectedWords, block)) continue;
      for (let i = block; i < block + BLOCK; i += 2) {
        if (now[i] === expectedWords[i] && now[i + 1] === expectedWords[i + 1]) continue;
        const offset = i * 4;
        if (found++ < MAX_WORDS) text += ` mem@${(DATA + offset).toString(16)}=${hexBytes(this.bytes.subarray(offset, offset + 8))}`;
        this.restore(offset, 8);
      }
    }
    for (const { address, bytes } of v.memory) this.restore(address - DATA, bytes.length);
    return found > MAX_WORDS ? `${text} mem=more` : text;
  }
  private restore(offset: number, length: number): void {
    const pattern = PATTERN.subarray(offset, offset + length);
    this.expected.set(pattern, offset);
    this.machine.write(this.gpa + offset, pattern);
  }
}
