// Addresses as clients send them back: "0x…" and an offset.
import { dapErrors } from './errors';

export function parseReference(command: string, reference: string, offset = 0): bigint {
  if (!/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(reference)) throw dapErrors.badArgument(command, `"${reference}" is no address`);
  return BigInt.asUintN(64, BigInt(reference) + BigInt(offset));
}
