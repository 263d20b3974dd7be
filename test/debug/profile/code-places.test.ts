// How callers are found from code alone: what call frame information and Linux's ORC say, and which of them speaks.
import assert from 'node:assert/strict';
import { codePlaceOf, STACKS_END } from '../../../src/debug/profile/code-places';
import type { AddressMap } from '../../../src/debug/run/address-map';
import type { Symbols } from '../../../src/debug/symbols';
import type { RegisterRule, UnwindRow } from '../../../src/symbols/dwarf/unwind-row';
import type { OrcKind, OrcRow } from '../../../src/symbols/orc';

const [RBX, RBP, RSP, RIP] = [3, 6, 7, 16];
const SLIDE = 0x100_0000n;
const FUNCTION = { start: 0x4000n, end: 0x4100n };

type Rules = Record<number, RegisterRule>;
const saved = (offset: number): RegisterRule => ({ kind: 'offset', offset: BigInt(offset) });
const CALL: Rules = { [RIP]: saved(-8) };

function row(register: number, offset: number, rules: Rules = CALL, signalFrame = false): UnwindRow {
  return {
    cfa: { kind: 'register', register, offset: BigInt(offset) },
    registers: new Map(Object.entries(rules).map(([number, rule]) => [Number(number), rule])),
    returnAddressRegister: RIP,
    signalFrame,
    ...FUNCTION,
  };
}
const orc = (kind: OrcKind, of: UnwindRow): OrcRow => ({ orc: kind, ...of });

/** Of code that `described` and `orcRow` describe, at an address within the one function there is. */
function placeOf(described: UnwindRow | undefined, orcRow: OrcRow | undefined, exact = true, linked = 0x4010n) {
  const isIn = (address: bigint): boolean => address >= FUNCTION.start && address < FUNCTION.end;
  const asked: bigint[] = [];
  const symbols = {
    functionAt: (address: bigint) => (isIn(address) ? { name: 'f' } : undefined),
    symbolAt: (address: bigint) => (isIn(address) ? { name: 'f', offset: address - FUNCTION.start, isFunction: true } : undefined),
    unwindRow: (address: bigint) => {
      asked.push(address);
      return described;
    },
    orcRow: (address: bigint) => {
      asked.push(address);
      return orcRow;
    },
  } as unknown as Symbols;
  const addresses = { toLinked: (address: bigint) => address - SLIDE } as AddressMap;
  const place = codePlaceOf(symbols, addresses, linked + SLIDE, exact);
  // A return address may be the first behind its function.
  if (asked.length > 0) assert.deepEqual(asked, exact ? [linked, linked] : [linked - 1n, linked - 1n]);
  return place;
}

const table = { kind: 'table', byPointer: false, cfa: 16, returnAt: -8, pointerAt: 'same', mayBeInterrupt: false } as const;
const other = { ...STACKS_END, kind: 'other' } as const;

describe('a place in code', () => {
  it('is as call frame information says, where there is no ORC', () => {
    assert.deepEqual(placeOf(row(RSP, 16), undefined), { ...table, mayBeInterrupt: true });
    assert.deepEqual(placeOf(row(RSP, 16), undefined, false, FUNCTION.end), { ...table, mayBeInterrupt: true });
    const framed = row(RBP, 16, { ...CALL, [RBP]: saved(-16) });
    assert.deepEqual(placeOf(framed, undefined), { ...table, byPointer: true, pointerAt: -16, mayBeInterrupt: true });
  });

  it("is as ORC says of a call, where there is no call frame information: no interrupt's words are behind it", () => {
    assert.deepEqual(placeOf(undefined, orc('call', row(RSP, 16))), table);
    const framed = row(RBP, 16, { ...CALL, [RBP]: saved(-16), [RBX]: { kind: 'undefined' } });
    assert.deepEqual(placeOf(undefined, orc('call', framed)), { ...table, byPointer: true, pointerAt: -16 });
    const computed: RegisterRule = { kind: 'expression', expression: Uint8Array.of(0x76, 0) };
    assert.deepEqual(placeOf(undefined, orc('call', row(RSP, 16, { ...CALL, [RBP]: computed }))), { ...table, pointerAt: 'lost' });
  });

  it('is the end of a stack where ORC says so, whatever call frame information says', () => {
    for (const described of [undefined, row(RSP, 16)]) assert.deepEqual(placeOf(described, orc('end', row(RSP, 0))), STACKS_END);
  });

  it('is nothing plain where ORC tells of an interrupt or of another stack', () => {
    for (const described of [undefined, row(RSP, 16)]) {
      for (const kind of ['registers', 'iret'] as const)
        for (const pushed of [row(RSP, 16, { [RIP]: saved(0), [RSP]: saved(24) }, true), row(RSP, 16)])
          assert.deepEqual(placeOf(described, orc(kind, pushed)), other);
      const switched = { ...row(RSP, 16), cfa: { kind: 'expression', expression: Uint8Array.of(0x77, 0, 0x06) } } as UnwindRow;
      assert.deepEqual(placeOf(described, orc('call', switched)), other);
    }
  });

  it('is as call frame information says where ORC has the same frame: that knows more', () => {
    const described = row(RSP, 16, { ...CALL, [RBP]: saved(-16) });
    assert.deepEqual(placeOf(described, orc('call', row(RSP, 16))), { ...table, pointerAt: -16, mayBeInterrupt: true });
  });

  it('is nothing plain where the two have different frames', () => {
    for (const mine of [row(RSP, 24), row(RBP, 16), row(RBX, 16)]) assert.deepEqual(placeOf(mine, orc('call', row(RSP, 16))), other);
  });

  it('is a guess where nothing describes it, and an entry at its function', () => {
    assert.equal(placeOf(undefined, undefined).kind, 'guess');
    assert.equal(placeOf(undefined, undefined, true, FUNCTION.start).kind, 'entry');
    assert.equal(placeOf(undefined, undefined, false, FUNCTION.start).kind, 'guess');
    assert.equal(placeOf(undefined, undefined, false, FUNCTION.end).kind, 'other');
    assert.equal(placeOf(row(RSP, 16), undefined, false, FUNCTION.end + 1n).kind, 'other');
  });
});
