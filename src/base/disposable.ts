// A thing that must be let go of, and a collection of such things.

export interface Disposable {
  dispose(): void;
}

/** Disposes what it holds in reverse order, once. */
export class DisposableStore implements Disposable {
  private items: Disposable[] = [];

  add<T extends Disposable>(item: T): T {
    this.items.push(item);
    return item;
  }

  dispose(): void {
    const items = this.items;
    this.items = [];
    for (const item of items.reverse()) item.dispose();
  }
}
