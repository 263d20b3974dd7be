// What the debugger asks of symbols: one file or a set of files answers it. Addresses are linked addresses with their file's slide.
import type { SymbolFile } from '../symbols/symbol-file';

export type Symbols = Pick<
  SymbolFile,
  | 'addressSize'
  | 'symbolAt'
  | 'symbolAddress'
  | 'functionAt'
  | 'functionsByName'
  | 'functionBreakpoints'
  | 'lineAt'
  | 'stepRange'
  | 'files'
  | 'addressesForLine'
  | 'breakpointLines'
  | 'inlineChain'
  | 'globals'
  | 'typeByName'
  | 'unwindRow'
>;
