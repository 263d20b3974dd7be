// Do the flags that there are at a place of a block matter? Not if one of the next instructions writes them all, and nothing before can leave the region or look at them.
import type { CodeCache } from '../code-cache';
import type { HandlerCatalogue } from '../handlers';
import { R, RECORD_SIZE } from '../record';
import type { EngineMemory } from '../vm-memory';
import { quickAt } from './region-quick';
import { isAddress } from './supported';

/** Neither look at flags nor write them; their register forms cannot fault. */
const PASSED: ReadonlySet<string> = new Set(['MOV', 'MOVZX', 'MOVSX', 'MOVSXD']);
/** The same, with memory operands, too. */
const NO_ACCESS: ReadonlySet<string> = new Set(['LEA', 'NOP']);
/** Write all arithmetic flags, whatever they were; their register forms cannot fault. */
const OVERWRITING: ReadonlySet<string> = new Set(['ADD', 'SUB', 'CMP', 'TEST', 'AND', 'OR', 'XOR', 'NEG']);

/** `end`: the block is left before this record. */
export function flagsDie(
  { memory, cache, catalogue }: { memory: EngineMemory; cache: CodeCache; catalogue: HandlerCatalogue },
  record: number,
  end: number,
): boolean {
  for (let at = record; at < end; at += RECORD_SIZE) {
    const op = memory.u16[(at + R.plainOp) >> 1]!;
    if (quickAt(memory, cache, at) !== undefined) return false;
    if (isAddress(op)) continue;
    const form = catalogue.formOf(op);
    if (form === undefined) return false;
    if (NO_ACCESS.has(form.name)) continue;
    if (form.memory !== 'register') return false;
    if (OVERWRITING.has(form.name)) return true;
    if (!PASSED.has(form.name)) return false;
  }
  return false;
}
