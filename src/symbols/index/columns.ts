// Pairs of numbers that grow, and come out sorted by the first of each; equal ones in the order they came.

/** Sequence numbers and keys share a float's 53 bits. */
const MOST = 2 ** 21;

export class PairColumns {
  private capacity = 1024;
  private keys = new Uint32Array(this.capacity);
  private values = new Float64Array(this.capacity);
  length = 0;

  push(key: number, value: number): void {
    if (this.length === this.capacity) this.grow();
    this.keys[this.length] = key;
    this.values[this.length++] = value;
  }

  sorted(): { keys: Uint32Array; values: Float64Array } {
    const order = this.order();
    return { keys: Uint32Array.from(order, (at) => this.keys[at]!), values: Float64Array.from(order, (at) => this.values[at]!) };
  }

  private order(): Float64Array {
    const order = new Float64Array(this.length);
    if (this.length > MOST) {
      for (let i = 0; i < this.length; i++) order[i] = i;
      return order.sort((a, b) => this.keys[a]! - this.keys[b]! || a - b);
    }
    for (let i = 0; i < this.length; i++) order[i] = this.keys[i]! * MOST + i;
    order.sort();
    for (let i = 0; i < this.length; i++) order[i] = order[i]! % MOST;
    return order;
  }

  private grow(): void {
    this.capacity *= 2;
    const keys = new Uint32Array(this.capacity);
    const values = new Float64Array(this.capacity);
    keys.set(this.keys);
    values.set(this.values);
    this.keys = keys;
    this.values = values;
  }
}
