// The symbols of one guest: a set of files. Pointers and DWARF register numbers are of the kind of the first, the image.
import { SymbolSet } from '../symbols/symbol-set';

export class Symbols extends SymbolSet {
  get addressSize(): 4 | 8 {
    return this.all[0]?.addressSize ?? 8;
  }

  /** "main+0x10"; empty where no symbol covers the address. */
  describe(address: bigint): string {
    const at = this.symbolAt(address);
    if (!at) return '';
    return at.offset === 0n ? at.name : `${at.name}+0x${at.offset.toString(16)}`;
  }
}
