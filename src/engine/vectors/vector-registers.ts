// XMM and YMM registers of a vector, laid into the engine, and the changed ones as fields of a result.

const QUAD = (1n << 64n) - 1n;
const WORDS = 8;

export class VectorRegisters {
  private readonly expected: Uint32Array;
  private readonly quads: BigUint64Array;

  constructor(private readonly now: Uint32Array) {
    this.expected = new Uint32Array(now.length);
    this.quads = new BigUint64Array(this.expected.buffer);
  }

  lay(values: ReadonlyMap<number, bigint>): void {
    this.expected.fill(0);
    for (const [index, value] of values)
      for (let quad = 0; quad < 4; quad++) this.quads[index * 4 + quad] = (value >> BigInt(quad * 64)) & QUAD;
    this.now.set(this.expected);
  }

  private differs(from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (this.now[i] !== this.expected[i]) return true;
    return false;
  }
  private text(from: number, to: number): string {
    let text = '';
    for (let i = to - 1; i >= from; i--) text += (this.now[i] ?? 0).toString(16).padStart(8, '0');
    return text;
  }

  /** Named by what differs, as the oracle does: XMM where the upper half is as it was. */
  changes(): string {
    let text = '';
    if (!this.differs(0, this.now.length)) return text;
    for (let i = 0; i < 16; i++) {
      const from = i * WORDS;
      if (this.differs(from + 4, from + 8)) text += ` ymm${i}=${this.text(from, from + 8)}`;
      else if (this.differs(from, from + 4)) text += ` xmm${i}=${this.text(from, from + 4)}`;
    }
    return text;
  }
}
