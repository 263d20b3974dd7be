// Keys of a terminal in raw mode: all go to the guest, but Ctrl-A x ends it and Ctrl-A Ctrl-A (or Ctrl-A a) sends a Ctrl-A.

const CTRL_A = 0x01;

export class Keyboard {
  private escaped = false;

  /** What the guest gets of these keys, and whether the user wants to end it. */
  keys(typed: Uint8Array): { bytes: Uint8Array; quit: boolean } {
    const bytes: number[] = [];
    for (const key of typed) {
      if (!this.escaped) {
        if (key === CTRL_A) this.escaped = true;
        else bytes.push(key);
        continue;
      }
      this.escaped = false;
      if (key === 0x78 || key === 0x58) return { bytes: Uint8Array.from(bytes), quit: true };
      if (key === CTRL_A || key === 0x61) bytes.push(CTRL_A);
    }
    return { bytes: Uint8Array.from(bytes), quit: false };
  }
}
