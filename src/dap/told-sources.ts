// The source files a client knows of: all of them when it asks (`loadedSources`), and by `loadedSource` events those of symbols that come or go later, as a kernel's modules do.
import type { DebugProtocol } from '@vscode/debugprotocol';

/** Files between two turns of the event loop. */
const BATCH = 256;

/** A symbol file, as far as it names sources. */
interface NamesSources {
  files(): string[];
}

/** What they are on this machine. */
interface OnThisMachine {
  exists(path: string): boolean;
  source(path: string): DebugProtocol.Source;
}

export class ToldSources {
  /** Sources that are there, by the symbols that the client has been told of. */
  private readonly told = new Map<NamesSources, readonly string[]>();
  /** Known from the beginning: only told when asked for. */
  private readonly first: ReadonlySet<NamesSources>;

  constructor(
    private readonly symbols: { readonly all: readonly NamesSources[] },
    private readonly sources: OnThisMachine,
    private readonly tell: (event: DebugProtocol.LoadedSourceEvent['body']) => void,
  ) {
    this.first = new Set(symbols.all);
  }

  /** All that are there now, each once. @param turn lets others have a turn */
  async all(turn: () => Promise<void>): Promise<DebugProtocol.Source[]> {
    for (const file of [...this.symbols.all]) {
      if (this.told.has(file)) continue;
      const there: string[] = [];
      for (const [index, path] of file.files().entries()) {
        if (index % BATCH === 0) await turn();
        if (this.sources.exists(path)) there.push(path);
      }
      this.told.set(file, there);
    }
    this.forget();
    return [...this.paths()].sort().map((path) => this.sources.source(path));
  }

  /** Symbols have come or gone. */
  changed(): void {
    const before = this.paths();
    this.forget();
    for (const file of this.symbols.all)
      if (!this.first.has(file) && !this.told.has(file))
        this.told.set(
          file,
          file.files().filter((path) => this.sources.exists(path)),
        );
    const now = this.paths();
    for (const path of before) if (!now.has(path)) this.tell({ reason: 'removed', source: this.sources.source(path) });
    for (const path of now) if (!before.has(path)) this.tell({ reason: 'new', source: this.sources.source(path) });
  }

  private forget(): void {
    for (const file of this.told.keys()) if (!this.symbols.all.includes(file)) this.told.delete(file);
  }

  private paths(): Set<string> {
    return new Set([...this.told.values()].flat());
  }
}
