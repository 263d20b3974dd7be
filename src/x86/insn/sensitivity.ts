// Which sensitivity row an instruction row belongs to, asked once for each.
import type { InsnRow } from './row';
import { SENSITIVITY_ROWS } from './sensitivity.rows';

/** Opcodes that other instructions share in other maps are told apart by the name. */
const EMITTED: ReadonlySet<string> = new Set(['MOV', 'PUSH', 'PUSHF']);

/** Index into SENSITIVITY_ROWS, -1: neither privileged nor sensitive. */
export function sensitivityOf({ name, helper, encoding, emit }: InsnRow): number {
  return SENSITIVITY_ROWS.findIndex(({ helpers = [], encodings = [] }) =>
    helper !== undefined ? helpers.includes(helper) : emit !== undefined && EMITTED.has(name) && encodings.includes(encoding),
  );
}
