// Source lines of the addresses that are visible: asked for one after the other, each once.
import type { LocateAnswer } from '../../protocol/requests';
import type { Hex } from '../../protocol/wire';
import { sourceText } from './model';

export class Locations {
  private readonly known = new Map<Hex, LocateAnswer | undefined>();
  private queue: Hex[] = [];
  private busy = false;

  constructor(
    private readonly ask: (address: Hex) => Promise<LocateAnswer>,
    private readonly news: () => void,
  ) {}

  text(address: Hex): string | undefined {
    const place = this.known.get(address);
    return place && (sourceText(place.symbol, place.path, place.line) || undefined);
  }

  /** Replaces what was wanted before: rows that scrolled away need no answer. */
  want(addresses: Hex[]): void {
    this.queue = [...new Set(addresses)].filter((address) => !this.known.has(address));
    if (!this.busy && this.queue.length) void this.work();
  }

  async find(address: Hex): Promise<LocateAnswer | undefined> {
    if (!this.known.has(address)) this.known.set(address, await this.ask(address).catch(() => undefined));
    return this.known.get(address);
  }

  forget(): void {
    this.known.clear();
    this.queue = [];
  }

  private async work(): Promise<void> {
    this.busy = true;
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) await this.find(next);
    this.busy = false;
    this.news();
  }
}
