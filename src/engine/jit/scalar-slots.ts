// Which vector registers a region calculates with as single doubles: what is there was mostly stored by halves.
import type { Block } from '../block-table';
import type { HandlerCatalogue } from '../handlers';
import { R, RECORD_SIZE } from '../record';
import type { EngineMemory } from '../vm-memory';

const ARITHMETIC: ReadonlySet<string> = new Set(['ADDSD', 'SUBSD', 'MULSD', 'DIVSD', 'SQRTSD']);
const FIELD = { a: R.a, b: R.b, vvvv: R.link } as const;

/** Their slots. */
export function scalarSlots({ u16, i32 }: EngineMemory, catalogue: HandlerCatalogue, blocks: readonly Block[]): ReadonlySet<number> {
  const slots = new Set<number>();
  for (const { record, end } of blocks)
    for (let at = record; at < end; at += RECORD_SIZE) {
      const form = catalogue.formOf(u16[(at + R.plainOp) >> 1]!);
      if (!form || !ARITHMETIC.has(form.name)) continue;
      for (const { at: place } of form.roles) if (place in FIELD) slots.add(i32[(at + FIELD[place as keyof typeof FIELD]) >> 2]!);
    }
  return slots;
}
