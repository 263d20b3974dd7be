// Watches console output for a text, across whatever pieces it comes in (Knuth–Morris–Pratt over bytes).

export class UntilText {
  private readonly wanted: Uint8Array;
  private readonly fallback: Int32Array;
  private matched = 0;
  seen = false;

  constructor(text: string) {
    this.wanted = new TextEncoder().encode(text);
    this.fallback = new Int32Array(this.wanted.length);
    for (let i = 1, k = 0; i < this.wanted.length; i++) {
      while (k > 0 && this.wanted[i] !== this.wanted[k]) k = this.fallback[k - 1]!;
      if (this.wanted[i] === this.wanted[k]) k++;
      this.fallback[i] = k;
    }
  }

  /** True from the byte that completes the text. */
  byte(byte: number): boolean {
    if (this.seen) return true;
    while (this.matched > 0 && byte !== this.wanted[this.matched]) this.matched = this.fallback[this.matched - 1]!;
    if (byte === this.wanted[this.matched]) this.matched++;
    this.seen = this.matched === this.wanted.length;
    return this.seen;
  }
}
