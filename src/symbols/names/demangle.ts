// What people call the thing that a symbol of the linker names.

import { itaniumName } from './itanium';
import { legacyRustName, v0RustName } from './rust';

/** The symbol itself where it is not mangled, or in a way that is not known. */
export function demangled(symbol: string): string {
  if (symbol.startsWith('_R')) return v0RustName(symbol) ?? symbol;
  if (!symbol.startsWith('_Z')) return symbol;
  // Parts that the compiler split off keep their suffix.
  const [, bare = symbol, suffix = ''] = /^([^.]*)(\..*)?$/.exec(symbol) ?? [];
  return legacyRustName(symbol) ?? withSuffix(itaniumName(bare), suffix) ?? symbol;
}

function withSuffix(name: string | undefined, suffix: string): string | undefined {
  return name === undefined || suffix === '' ? name : `${name} [clone ${suffix}]`;
}
