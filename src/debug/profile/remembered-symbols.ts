// Symbols as unwinding asks for them: of the same few places again and again. Each answer is kept, so that debug information is read once for each place.
import type { SymbolFile } from '../../symbols/symbol-file';
import { Symbols } from '../symbols';

const MOST_PLACES = 20_000;

/** Answers by address; the same function for each address it has been asked about. */
function remembered<T>(ask: (address: bigint) => T): (address: bigint) => T {
  const known = new Map<bigint, { readonly answer: T }>();
  return (address) => {
    let found = known.get(address);
    if (found === undefined) {
      if (known.size >= MOST_PLACES) known.clear();
      found = { answer: ask(address) };
      known.set(address, found);
    }
    return found.answer;
  };
}

export class RememberedSymbols extends Symbols {
  /** As long as the files stay where they are. */
  constructor(files: readonly SymbolFile[]) {
    super();
    for (const file of files) this.add(file);
  }

  override readonly symbolAt = remembered((address) => super.symbolAt(address));
  override readonly functionAt = remembered((address) => super.functionAt(address));
  override readonly inlineChain = remembered((address) => super.inlineChain(address));
  override readonly lineAt = remembered((address) => super.lineAt(address));
  override readonly unwindRow = remembered((address) => super.unwindRow(address));
  override readonly orcRow = remembered((address) => super.orcRow(address));
}
