// Numbers that a client holds instead of our objects, until the guest runs again.
import { dapErrors } from './errors';

export class Handles<T> {
  private readonly items = new Map<number, T>();
  private next: number;

  constructor(
    private readonly what: string,
    first = 1,
  ) {
    this.next = first;
  }

  add(item: T): number {
    const handle = this.next++;
    this.items.set(handle, item);
    return handle;
  }

  get(handle: number): T {
    const item = this.items.get(handle);
    if (item === undefined) throw dapErrors.staleReference(this.what);
    return item;
  }

  /** Old numbers are not given out again: a late request gets an error, not another object. */
  clear(): void {
    this.items.clear();
  }
}
