// What a person can get wrong when asking the debugger something, and what cannot be answered: one sentence each.
import { countOf } from '../base/count-of';
import { UserError } from '../base/user-error';

export class DebugError extends UserError {
  override name = 'DebugError';
}

const error = (id: string, text: string) => new DebugError(id, text);

export const debugErrors = {
  syntax: (text: string, column: number, what: string) => error('expression-syntax', `${what} at column ${column + 1} of "${text}".`),
  unknownName: (name: string) => error('unknown-name', `There is no variable, register or function "${name}" here.`),
  unknownType: (name: string) => error('unknown-type', `There is no type "${name}" in the debug information.`),
  noMember: (type: string, name: string) => error('no-member', `${type} has no member "${name}".`),
  notAStruct: (type: string, operator: string) => error('not-a-struct', `"${operator}" needs a structure or union, but this is ${type}.`),
  notAPointer: (type: string, operator: string) =>
    error('not-a-pointer', `"${operator}" needs a pointer or an array, but this is ${type}.`),
  notANumber: (type: string, operator: string) => error('not-a-number', `"${operator}" needs a number, but this is ${type}.`),
  notAnLvalue: (what: string) => error('not-an-lvalue', `${what} has no place in memory or a register.`),
  noAddress: (where: string) => error('no-address', `This has no address: it is in ${where}.`),
  bitFieldAddress: () => error('bit-field-address', 'A bit-field has no address.'),
  optimisedOut: (name: string) => error('optimised-out', `"${name}" is optimised out here.`),
  unreadable: (address: bigint, length: number) =>
    error('unreadable', `Cannot read ${countOf(length, 'byte')} at 0x${address.toString(16)}: not mapped, or not RAM.`),
  unwritable: (address: bigint) => error('unwritable', `Cannot write at 0x${address.toString(16)}: not mapped, or not RAM.`),
  readOnly: (what: string) => error('read-only', `${what} cannot be changed.`),
  divisionByZero: () => error('division-by-zero', 'Division by zero.'),
  noCalls: () => error('no-calls', 'Functions of the guest cannot be called from an expression: it would change the guest.'),
  incomplete: (type: string) => error('incomplete-type', `${type} is incomplete: its size is not known here.`),
  noSuchFloat: (type: string) =>
    error('no-such-float', `Computing with ${type} is not supported: its bytes can be looked at, for example as (char[16]).`),
  floatRange: (value: number, type: string) => error('float-range', `${value} does not fit in ${type}.`),
  notAnInteger: (type: string, operator: string) => error('not-an-integer', `"${operator}" needs an integer, but this is ${type}.`),
  badCount: (what: string) => error('bad-count', `"@" needs a number of elements from 1 to 1000000, not ${what}.`),
  differentTypes: (left: string, right: string) => error('different-types', `A value of type ${right} cannot be stored in ${left}.`),
  notThisVariant: (type: string, active: string, wanted: string) =>
    error('not-this-variant', `This ${type} is ${active} now, not ${wanted}.`),
  noPhysical: () => error('no-physical', 'Physical memory cannot be read here.'),
  assignType: (type: string) => error('assign-type', `A value of type ${type} cannot be set as a whole: set its members.`),
  unsupportedLocation: (what: string) =>
    error('unsupported-location', `The debug information describes a place that is not supported: ${what}.`),
  badCondition: (text: string, why: string) => error('bad-condition', `Condition "${text}": ${why}`),
  conditionChanges: () => error('condition-changes', 'A condition must not change the guest; did you mean "=="?'),
  badHitCondition: (text: string) =>
    error('bad-hit-condition', `Hit count "${text}" is not understood: write a number, or ">= 5", "> 5", "== 5", "% 5".`),
  badRegister: (name: string) => error('bad-register', `There is no register "${name}".`),
  tooManyMatches: (pattern: string, count: number, most: number) =>
    error('too-many-matches', `${count} functions fit "${pattern}": at most ${most} can have a breakpoint at once.`),
  cannotWatch: (what: string, why: string) => error('cannot-watch', `"${what}" cannot be watched: ${why}`),
  notMapped: (address: bigint) =>
    error('not-mapped', `0x${address.toString(16)} is not mapped now: a physical breakpoint needs the page it is on.`),
  fieldRange: (name: string, bits: number) => error('field-range', `${name} has ${countOf(bits, 'bit')}: the value does not fit.`),
  noCaller: () => error('no-caller', 'There is no caller to step out to: the stack ends here.'),
  noEntry: () =>
    error(
      'no-entry',
      'It is not known where this frame was entered: its code has no call frame information. Set a breakpoint and go back to it.',
    ),
  unknownHypercall: (name: string) => error('unknown-hypercall', `There is no hypercall "${name}".`),
} as const;
