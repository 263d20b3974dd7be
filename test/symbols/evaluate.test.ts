// DWARF expressions written out by hand: each operation, each kind of location, and what cannot be computed.

import assert from 'node:assert/strict';
import { type ExpressionPort, type ExpressionUnit, evaluateLocation, evaluateValue } from '../../src/symbols/evaluate';
import { type Location, littleEndian, readLocation, subLocation, unsignedOf } from '../../src/symbols/location';

const INT = { size: 4, encoding: 5 };
const UCHAR = { size: 1, encoding: 8 };
const LONG = { size: 8, encoding: 5 };
const DOUBLE = { size: 8, encoding: 4 };

const unit: ExpressionUnit = {
  version: 5,
  dwarf64: false,
  addressSize: 8,
  relocate: (address) => address + 0x1000n,
  indexedAddress: (index) => 0x40n + BigInt(index),
  baseType: (offset) => [undefined, INT, UCHAR, LONG, DOUBLE][offset],
  dieIdentity: (offset) => offset,
  dieExpression: (offset) => (offset === 9 ? Uint8Array.of(0x39) : offset === 8 ? Uint8Array.of(0x98, 8, 0) : undefined),
};
const unit32: ExpressionUnit = { ...unit, addressSize: 4 };

const memory = new Uint8Array(256).map((_, i) => i);
const port: ExpressionPort = {
  register: async (n) => (n < 16 ? 0x1000n * BigInt(n) : undefined),
  memory: async (address, length) => (address < 256n ? memory.subarray(Number(address), Number(address) + length) : undefined),
  frameBase: async () => 0x7000n,
  cfa: () => 0x7010n,
  entryValue: (expression) => (expression[0] === 0x55 ? 77n : undefined),
  tls: (offset) => 0x9000n + offset,
  parameterValue: (offset) => (offset === 7 ? 70n : undefined),
  objectAddress: () => 0x5000n,
};

const locate = (...bytes: number[]): Promise<Location> => evaluateLocation(Uint8Array.from(bytes), unit, port);
/** The top of the stack, as a number of address size. */
const value = (...bytes: number[]): Promise<bigint | undefined> => evaluateValue(Uint8Array.from([...bytes, 0x9f]), unit, port);
const signed = async (...bytes: number[]): Promise<bigint> => BigInt.asIntN(64, (await value(...bytes))!);

describe('DWARF expressions: values', () => {
  it('constants', async () => {
    assert.equal(await value(0x30), 0n);
    assert.equal(await value(0x4f), 31n);
    assert.equal(await value(0x08, 0xff), 255n);
    assert.equal(await signed(0x09, 0xff), -1n);
    assert.equal(await value(0x0a, 0x34, 0x12), 0x1234n);
    assert.equal(await signed(0x0b, 0xfe, 0xff), -2n);
    assert.equal(await value(0x0c, 1, 0, 0, 0x80), 0x80000001n);
    assert.equal(await signed(0x0d, 0xff, 0xff, 0xff, 0xff), -1n);
    assert.equal(await value(0x0e, 1, 2, 3, 4, 5, 6, 7, 8), 0x0807060504030201n);
    assert.equal(await value(0x10, 0xe5, 0x8e, 0x26), 624485n);
    assert.equal(await signed(0x11, 0x80, 0x7f), -128n);
    assert.equal(await value(0x03, 0x10, 0, 0, 0, 0, 0, 0, 0), 0x1010n, 'addresses move with the slide');
    assert.equal(await value(0xa1, 2), 0x1042n);
    assert.equal(await value(0xa2, 2), 0x42n, 'constants of .debug_addr do not');
  });

  it('the stack', async () => {
    assert.equal(await value(0x31, 0x32, 0x12, 0x22), 4n, 'dup');
    assert.equal(await value(0x31, 0x32, 0x13), 1n, 'drop');
    assert.equal(await value(0x31, 0x32, 0x14), 1n, 'over');
    assert.equal(await value(0x31, 0x32, 0x33, 0x15, 2), 1n, 'pick');
    assert.equal(await value(0x35, 0x32, 0x16, 0x1c), BigInt.asUintN(64, -3n), 'swap');
    // (1 2 3) rotates to (3 1 2).
    assert.equal(await value(0x31, 0x32, 0x33, 0x17, 0x13, 0x13), 3n, 'rot');
    assert.equal(await value(0x31, 0x32, 0x33, 0x17), 2n, 'rot');
  });

  it('arithmetic', async () => {
    assert.equal(await signed(0x09, 0xfb, 0x19), 5n, 'abs');
    assert.equal(await value(0x3c, 0x3a, 0x1a), 8n, 'and');
    assert.equal(await signed(0x09, 0xf9, 0x32, 0x1b), -3n, 'div is signed');
    assert.equal(await value(0x37, 0x35, 0x1d), 2n, 'mod');
    assert.equal(await signed(0x32, 0x35, 0x1c), -3n, 'minus');
    assert.equal(await value(0x36, 0x37, 0x1e), 42n, 'mul');
    assert.equal(await signed(0x35, 0x1f), -5n, 'neg');
    assert.equal(await signed(0x30, 0x20), -1n, 'not');
    assert.equal(await value(0x38, 0x33, 0x21), 11n, 'or');
    assert.equal(await value(0x38, 0x33, 0x22), 11n, 'plus');
    assert.equal(await value(0x38, 0x23, 0x80, 0x01), 136n, 'plus_uconst');
    assert.equal(await value(0x33, 0x34, 0x24), 48n, 'shl');
    assert.equal(await value(0x31, 0x08, 64, 0x24), 0n, 'shl by the width');
    assert.equal(await value(0x09, 0xff, 0x08, 60, 0x25), 15n, 'shr');
    assert.equal(await signed(0x09, 0xf0, 0x32, 0x26), -4n, 'shra');
    assert.equal(await value(0x3c, 0x3a, 0x27), 6n, 'xor');
  });

  it('comparisons are signed', async () => {
    const minusOne = [0x09, 0xff];
    assert.equal(await value(...minusOne, 0x31, 0x2d), 1n, 'lt');
    assert.equal(await value(...minusOne, 0x31, 0x2b), 0n, 'gt');
    assert.equal(await value(0x31, 0x31, 0x29), 1n, 'eq');
    assert.equal(await value(0x31, 0x31, 0x2e), 0n, 'ne');
    assert.equal(await value(0x31, 0x31, 0x2a), 1n, 'ge');
    assert.equal(await value(0x32, 0x31, 0x2c), 0n, 'le');
  });

  it('branches', async () => {
    assert.equal(await value(0x31, 0x28, 1, 0, 0x32, 0x33), 3n, 'bra taken');
    assert.equal(await value(0x33, 0x30, 0x28, 1, 0, 0x31), 1n, 'bra not taken');
    assert.equal(await value(0x31, 0x2f, 1, 0, 0x13), 1n, 'skip');
    // Counts down from 5: lit5; L: lit1 minus dup bra L
    assert.equal(await value(0x35, 0x31, 0x1c, 0x12, 0x28, 0xfa, 0xff), 0n, 'a loop');
  });

  it('registers, frame and memory', async () => {
    assert.equal(await value(0x73, 0x7f), 0x2fffn, 'breg3 -1');
    assert.equal(await value(0x92, 4, 8), 0x4008n, 'bregx');
    assert.equal(await value(0x91, 0x70), 0x6ff0n, 'fbreg');
    assert.equal(await value(0x9c), 0x7010n, 'call_frame_cfa');
    assert.equal(await value(0x97), 0x5000n, 'push_object_address');
    assert.equal(await value(0x38, 0x06), 0x0f0e0d0c0b0a0908n, 'deref');
    assert.equal(await value(0x38, 0x94, 2), 0x0908n, 'deref_size');
    assert.equal(await value(0x34, 0x9b), 0x9004n, 'form_tls_address');
    assert.equal(await value(0x34, 0xe0), 0x9004n, 'GNU_push_tls_address');
    assert.equal(await value(0xa3, 1, 0x55), 77n, 'entry_value');
    assert.equal(await value(0xf3, 1, 0x55), 77n, 'GNU_entry_value');
    assert.equal(await value(0xfa, 7, 0, 0, 0), 70n, 'GNU_parameter_ref');
    assert.equal(await value(0x98, 9, 0), 9n, 'call2');
    assert.equal(await value(0x99, 9, 0, 0, 0), 9n, 'call4');
    assert.equal(await value(0x9a, 9, 0, 0, 0), 9n, 'call_ref');
  });

  it('typed operations on integers', async () => {
    // const_type int -7, const_type int 2, div: -3 in four bytes, converted to long.
    const int = (n: number): number[] => [0xa4, 1, 4, ...littleEndian(BigInt(n), 4)];
    assert.equal(await signed(...int(-7), ...int(2), 0x1b, 0xa8, 3), -3n);
    assert.equal(await value(...int(-1), 0xa8, 2), 0xffn, 'convert to unsigned char');
    assert.equal(await signed(0xa5, 1, 1, 0xa8, 0), 0x1000n, 'regval_type');
    assert.equal(await value(0x38, 0xa6, 1, 2, 0xa8, 0), 8n, 'deref_type');
    assert.equal(await value(...int(-1), 0xa9, 0), 0xffffffffn, 'reinterpret');
    assert.equal(await value(...int(-1), ...int(1), 0x2d), 1n, 'lt of signed');
  });

  it('wrap at the address size', async () => {
    const bytes = Uint8Array.of(0x0c, 0xff, 0xff, 0xff, 0xff, 0x31, 0x22, 0x9f);
    assert.equal(await evaluateValue(bytes, unit32, port), 0n);
    assert.equal(await evaluateValue(bytes, unit, port), 0x1_0000_0000n);
    assert.equal(await evaluateValue(Uint8Array.of(0x03, 1, 0, 0, 0, 0x9f), unit32, port), 0x1001n, 'addresses are four bytes');
  });
});

describe('DWARF expressions: locations', () => {
  it('memory, register, value', async () => {
    assert.deepEqual(await locate(0x91, 0x10), { kind: 'memory', address: 0x7010n });
    assert.deepEqual(await locate(0x55), { kind: 'register', register: 5 });
    assert.deepEqual(await locate(0x90, 17), { kind: 'register', register: 17 });
    assert.deepEqual(await locate(0x9e, 2, 0xaa, 0xbb), { kind: 'value', bytes: Uint8Array.of(0xaa, 0xbb) });
    assert.deepEqual(await locate(0x33, 0x9f), { kind: 'value', bytes: Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0) });
    assert.deepEqual(await locate(0xa0, 0x20, 0, 0, 0, 4), { kind: 'implicitPointer', dieOffset: 0x20, byteOffset: 4n });
    assert.deepEqual(await locate(), { kind: 'optimizedOut' });
  });

  it('pieces, with holes', async () => {
    const location = await locate(0x53, 0x93, 4, 0x93, 4, 0x38, 0x93, 2, 0x35, 0x9f, 0x93, 1);
    assert.equal(location.kind, 'pieces');
    const pieces = location.kind === 'pieces' ? location.pieces : [];
    assert.deepEqual(
      pieces.map((piece) => [piece.location.kind, piece.bitSize]),
      [
        ['register', 32],
        ['optimizedOut', 32],
        ['memory', 16],
        ['value', 8],
      ],
    );
    assert.deepEqual(await readLocation(location, 11, port), { kind: 'optimizedOut' }, 'the whole has a hole');
    const part = async (offset: number, size: number): Promise<bigint> => {
      const read = await readLocation(subLocation(location, offset * 8, size * 8), size, port);
      return read.kind === 'bytes' ? unsignedOf(read.bytes) : -1n;
    };
    assert.equal(await part(0, 4), 0x3000n);
    assert.equal(await part(1, 1), 0x30n);
    assert.equal(await part(8, 2), 0x0908n);
    assert.equal(await part(10, 1), 5n);
    assert.equal(await part(4, 4), -1n);
  });

  it('bit pieces and bit fields', async () => {
    // The low 4 bits of the byte at 8 (8), then bits 4 to 7 of the byte at 0x10 (1).
    const location = await locate(0x38, 0x9d, 4, 0, 0x40, 0x9d, 4, 4);
    const read = await readLocation(location, 1, port);
    assert.deepEqual(read, { kind: 'bytes', bytes: Uint8Array.of(0x18) });
    const field = subLocation({ kind: 'memory', address: 0x12n }, 1, 5);
    const bits = await readLocation(field, 1, port);
    assert.deepEqual(bits, { kind: 'bytes', bytes: Uint8Array.of((0x12 >> 1) & 31) });
  });

  it('says what is not known', async () => {
    const reason = async (...bytes: number[]): Promise<string> => {
      const location = await locate(...bytes);
      return location.kind === 'unavailable' ? location.reason : location.kind;
    };
    assert.match(await reason(0x92, 99, 0), /register 99 is not known/);
    assert.match(await reason(0x0a, 0, 0x10, 0x06), /memory at 0x1000 is not readable/);
    assert.match(await reason(0xa3, 1, 0x51), /value at function entry/);
    assert.match(await reason(0x22), /more from its stack than is there/);
    assert.match(await reason(0x31, 0x30, 0x1b), /divides by zero/);
    assert.match(await reason(0x2f, 0xfd, 0xff), /does not end/);
    assert.match(await reason(0x2f, 0xfe, 0xff), /jumps into an operation/);
    assert.match(await reason(0x98, 8, 0), /calls itself/);
    assert.match(await reason(0x18), /xderef is not supported yet/);
    assert.match(await reason(0x02), /unknown DWARF operation/);
    assert.match(await reason(0x0c, 1), /passes the end/);
    assert.match(await reason(0xa4, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0xa4, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x22), /floating-point/);
    const register = await readLocation({ kind: 'register', register: 40 }, 8, port);
    assert.deepEqual(register, { kind: 'unavailable', reason: 'register 40 is not known in this frame' });
  });
});
