// Records that a region can run; at others it goes on in the interpreter.
import { type HandlerCatalogue, MICRO_COUNT, Micro } from '../handlers';

export const isAddress = (op: number): boolean => op === Micro.address64 || op === Micro.address32 || op === Micro.addressFlat32;

export function isSupported(op: number, catalogue: HandlerCatalogue): boolean {
  if (op === Micro.gotoLinked || op === Micro.gotoLookedUp || op === Micro.straddle || isAddress(op)) return true;
  return op >= MICRO_COUNT && catalogue.formOf(op) !== undefined;
}
