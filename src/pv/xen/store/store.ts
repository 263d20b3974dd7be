// XenStore of one domain: its tree, who watches what, and open transactions (docs/misc/xenstore.txt). The control domain writes with no permissions asked.
import type { SavedValue, Stateful } from '../../../base/saved';
import { domainPath } from './paths';
import { Transaction } from './transaction';
import { removeNode, StoreTree, type StoreView, writeNode } from './tree';

export interface Watch {
  /** As the guest gave it: relative paths are told as such. */
  readonly path: string;
  readonly absolute: string;
  readonly token: string;
}

const MAX_WATCHES = 128;
const MAX_TRANSACTIONS = 10;
const text = new TextEncoder();

export class XenStore implements Stateful {
  readonly tree = new StoreTree();
  private watches: Watch[] = [];
  private transactions = new Map<number, Transaction>();
  private lastTransaction = 0;

  constructor(
    readonly domain: number,
    private readonly onEvent: (path: string, token: string) => void,
  ) {}

  // --- for the control domain ---

  write(path: string, value: string): void {
    writeNode(this.tree, path, text.encode(value), 0);
    this.changed(path);
  }
  setPermissions(path: string, ...permissions: string[]): void {
    const node = this.tree.get(path);
    if (node !== undefined) this.tree.set(path, { ...node, permissions });
  }

  // --- watches ---

  /** undefined: there are too many. False: there is one like it. */
  addWatch(watch: Watch): boolean | undefined {
    if (this.watches.some(({ path, token }) => path === watch.path && token === watch.token)) return false;
    if (this.watches.length >= MAX_WATCHES) return undefined;
    this.watches.push(watch);
    return true;
  }
  removeWatch(path: string, token: string): boolean {
    const at = this.watches.findIndex((each) => each.path === path && each.token === token);
    if (at >= 0) this.watches.splice(at, 1);
    return at >= 0;
  }
  isWatched(path: string): boolean {
    return this.watches.some(({ absolute }) => absolute === path);
  }
  fire(watch: Watch, changed: string): void {
    const prefix = `${domainPath(this.domain)}/`;
    const relative = watch.path !== watch.absolute && changed.startsWith(prefix);
    this.onEvent(relative ? changed.slice(prefix.length) : changed, watch.token);
  }

  /** Watches of the path and of those above it are told. `exactly`: of the path alone. */
  changed(path: string, exactly = false): void {
    for (const watch of this.watches) {
      const at = watch.absolute;
      if (at === path || (!exactly && (at === '/' || path.startsWith(`${at}/`)))) this.fire(watch, path);
    }
  }
  /** A node went, and all below it. */
  removed(paths: readonly string[]): void {
    const watched = new Set(this.watches.map(({ absolute }) => absolute));
    for (const [i, path] of paths.entries()) if (i === 0 || watched.has(path)) this.changed(path, i > 0);
  }

  /** Watches and transactions end: the guest begins anew. */
  disconnect(): void {
    this.watches = [];
    this.transactions.clear();
  }

  // --- transactions ---

  /** undefined: there are too many. */
  begin(): number | undefined {
    if (this.transactions.size >= MAX_TRANSACTIONS) return undefined;
    this.lastTransaction = (this.lastTransaction % 0x7fff_ffff) + 1;
    this.transactions.set(this.lastTransaction, new Transaction(this.lastTransaction, this.tree));
    return this.lastTransaction;
  }
  /** 0: none is open, the tree itself. undefined: there is no such transaction. */
  view(transaction: number): StoreView | undefined {
    return transaction === 0 ? this.tree : this.transactions.get(transaction);
  }
  transaction(id: number): Transaction | undefined {
    return this.transactions.get(id);
  }
  end(transaction: Transaction, commit: boolean): boolean {
    this.transactions.delete(transaction.id);
    if (!commit) return true;
    if (!transaction.commit()) return false;
    for (const path of transaction.changed) this.changed(path);
    return true;
  }

  removeNode(view: StoreView, path: string): string[] {
    return removeNode(view, path);
  }

  clear(): void {
    this.tree.clear();
    this.disconnect();
    this.lastTransaction = 0;
    this.tree.set('/', { value: new Uint8Array(0), permissions: ['r0'], children: [], generation: this.tree.nextGeneration() });
  }

  save(): SavedValue {
    return {
      tree: this.tree.save(),
      watches: this.watches.map((watch) => ({ ...watch })),
      transactions: [...this.transactions.values()].map((each) => each.save()),
      lastTransaction: this.lastTransaction,
    };
  }
  restore(state: SavedValue): void {
    const saved = state as unknown as { tree: SavedValue; watches: Watch[]; transactions: SavedValue[]; lastTransaction: number };
    this.tree.restore(saved.tree);
    this.watches = saved.watches.map((watch) => ({ ...watch }));
    const transactions = saved.transactions.map((each) => Transaction.restored(each, this.tree));
    this.transactions = new Map(transactions.map((each) => [each.id, each]));
    this.lastTransaction = saved.lastTransaction;
  }
}
