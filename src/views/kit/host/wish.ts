// What a panel's command was given: by another panel, by the menu of a variable, or by the debug console.
import type { PanelWish } from '../protocol';

const longest = 500;
const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '' && value.length <= longest;
const record = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? { ...value } : {});
const SPACES: readonly unknown[] = ['virtual', 'linear', 'physical'];

/** A wish of the right shape. */
export function parseWish(raw: unknown): PanelWish | undefined {
  const { at, space, cr3 } = record(raw);
  if (!isText(at) || (space !== undefined && !SPACES.includes(space)) || (cr3 !== undefined && !isText(cr3))) return undefined;
  return { at, ...(space !== undefined && { space: space as NonNullable<PanelWish['space']> }), ...(cr3 !== undefined && { cr3 }) };
}

/** The argument of a command: a wish, a text, or what VS Code gives from the menu of a variable. Undefined: just open. */
export function wishOfArgument(argument: unknown): PanelWish | undefined {
  if (isText(argument)) return { at: argument };
  const { memoryReference, evaluateName } = record(record(argument).variable);
  if (isText(memoryReference)) return { at: memoryReference };
  if (isText(evaluateName)) return { at: evaluateName };
  return parseWish(argument);
}
