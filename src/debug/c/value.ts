// A value of the guest's language: a type and where its bytes are. Reading and writing go through the frame it belongs to.
import { type Location, type LocationPort, littleEndian, readLocation, subLocation, unsignedOf } from '../../symbols/location';
import { typeName } from '../../symbols/type-name';
import { type DataType, sizeOf, strip } from '../../symbols/types';
import { debugErrors } from '../debug-error';
import { isInteger, isSigned, wrap } from './number';

export interface Value {
  readonly type: DataType;
  readonly location: Location;
  /** Set for bit-fields: only so many bits, and no address. */
  readonly bitSize?: number;
  /** An enumerator: shown by its name, but an int to arithmetic (C17, 6.7.2.2p3). */
  readonly isEnumerator?: true;
  /** A register of the CPU by its name: written through the register file. */
  readonly register?: string;
}

/** What values are read and written through: one frame of one stop. */
export interface ValuePort extends LocationPort {
  writeMemory(address: bigint, bytes: Uint8Array): Promise<void>;
  writePhysical?(address: bigint, bytes: Uint8Array): Promise<void>;
  /** DWARF register number in this frame. */
  writeRegister(register: number, value: bigint): Promise<void>;
  /** By its name in the register file, or part of one ("eax"). */
  writeCpuRegister(name: string, value: bigint): Promise<void>;
}

export function rvalue(value: bigint, type: DataType): Value {
  return { type, location: { kind: 'value', bytes: littleEndian(value, sizeOf(type) ?? 8) } };
}

export function enumeratorValue(value: bigint, type: DataType): Value {
  return { ...rvalue(value, type), isEnumerator: true };
}

export function memoryValue(address: bigint, type: DataType): Value {
  return { type, location: { kind: 'memory', address: BigInt.asUintN(64, address) } };
}

export function isLvalue(value: Value): boolean {
  return value.register !== undefined || ['memory', 'physical', 'register', 'pieces'].includes(value.location.kind);
}

/** Where a value is in memory. */
export function addressOf(value: Value): bigint {
  if (value.bitSize !== undefined) throw debugErrors.bitFieldAddress();
  if (value.register !== undefined) throw debugErrors.noAddress(`the register ${value.register}`);
  const { location } = value;
  switch (location.kind) {
    case 'memory':
      return location.address;
    case 'physical':
      throw debugErrors.noAddress('physical memory, which no pointer reaches');
    case 'register':
      throw debugErrors.noAddress('a register');
    case 'optimizedOut':
      throw debugErrors.optimisedOut('this');
    default:
      throw debugErrors.notAnLvalue('This value');
  }
}

/** The value's bytes, or a DebugError that says why there are none. */
export async function bytesOf(value: Value, port: LocationPort, name = typeName(value.type)): Promise<Uint8Array> {
  const size = sizeOf(value.type);
  if (size === undefined) throw debugErrors.incomplete(typeName(value.type));
  const { location } = value;
  const read = await readLocation(location, size, port);
  if (read.kind === 'bytes') return read.bytes;
  if (read.kind === 'optimizedOut') throw debugErrors.optimisedOut(name);
  if (location.kind === 'memory' || location.kind === 'physical') throw debugErrors.unreadable(location.address, size);
  throw debugErrors.unsupportedLocation(read.reason);
}

/** A scalar as a number: sign-extended as its type says. */
export async function scalarOf(value: Value, port: LocationPort, name?: string): Promise<bigint> {
  const bits = unsignedOf(await bytesOf(value, port, name));
  const signed = isInteger(value.type) && isSigned(value.type);
  if (value.bitSize !== undefined) return signed ? BigInt.asIntN(value.bitSize, bits) : BigInt.asUintN(value.bitSize, bits);
  return signed ? wrap(bits, sizeOf(value.type) ?? 8, true) : bits;
}

/** The bytes at [byteOffset, byteOffset + size of `type`) of a value. */
export function part(value: Value, bitOffset: number, type: DataType, bitSize?: number): Value {
  const bits = bitSize ?? (sizeOf(type) ?? 0) * 8;
  const location = subLocation(value.location, bitOffset, bits);
  return bitSize === undefined ? { type, location } : { type, location, bitSize };
}

/** Stores `bits` as wide as the value is. */
export async function assign(value: Value, bits: bigint, port: ValuePort): Promise<void> {
  if (value.register !== undefined) return port.writeCpuRegister(value.register, BigInt.asUintN((sizeOf(value.type) ?? 8) * 8, bits));
  const plain = strip(value.type);
  if (plain.kind === 'struct' || plain.kind === 'union' || plain.kind === 'class' || plain.kind === 'array') {
    throw debugErrors.assignType(typeName(value.type));
  }
  const size = sizeOf(value.type);
  if (size === undefined) throw debugErrors.incomplete(typeName(value.type));
  await store(value.location, bits, value.bitSize ?? size * 8, port);
}

async function store(location: Location, bits: bigint, bitSize: number, port: ValuePort): Promise<void> {
  switch (location.kind) {
    case 'memory':
    case 'physical':
    case 'register':
      return storeBits(location, 0, bitSize, bits, port);
    case 'pieces': {
      let rest = BigInt.asUintN(bitSize, bits);
      for (const piece of location.pieces) {
        await storeBits(piece.location, piece.bitOffset, piece.bitSize, BigInt.asUintN(piece.bitSize, rest), port);
        rest >>= BigInt(piece.bitSize);
      }
      return;
    }
    case 'optimizedOut':
      throw debugErrors.notAnLvalue('What is optimised out');
    default:
      throw debugErrors.notAnLvalue('This value');
  }
}

async function storeBits(location: Location, bitOffset: number, bitSize: number, bits: bigint, port: ValuePort): Promise<void> {
  const mask = ((1n << BigInt(bitSize)) - 1n) << BigInt(bitOffset);
  const merge = (old: bigint): bigint => (old & ~mask) | ((bits << BigInt(bitOffset)) & mask);
  if (location.kind === 'register') {
    const old = (await port.register(location.register)) ?? 0n;
    // A 32-bit value in a 64-bit register: the compiler leaves the upper half undefined, writing it clears it.
    return port.writeRegister(location.register, bitOffset === 0 && bitSize >= 32 ? BigInt.asUintN(bitSize, bits) : merge(old));
  }
  const size = Math.ceil((bitOffset + bitSize) / 8);
  if (bitOffset === 0 && bitSize % 8 === 0) return writeBytes(location, littleEndian(bits, size), port);
  const old = await readLocation(location, size, port);
  if (old.kind !== 'bytes')
    throw location.kind === 'memory' ? debugErrors.unreadable(location.address, size) : debugErrors.notAnLvalue('Part of this value');
  return writeBytes(location, littleEndian(merge(unsignedOf(old.bytes)), size), port);
}

/** A whole structure or array, into memory. */
export async function writeBytes(location: Location, bytes: Uint8Array, port: ValuePort): Promise<void> {
  if (location.kind === 'memory') return port.writeMemory(location.address, bytes);
  if (location.kind === 'physical' && port.writePhysical) return port.writePhysical(location.address, bytes);
  throw debugErrors.notAnLvalue('Part of this value');
}
