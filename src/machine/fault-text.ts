// Exceptions in words that a person can search for: "#PF(0x2) at 8:0x100020, address 0xdead000".
import type { FaultRecord } from '../engine/cpu-engine';
import { Vector } from '../x86/fault';
import type { FaultInfo } from './control/types';

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(Vector).map(([name, vector]) => [vector, name === 'NMI' ? name : `#${name}`]),
);

export const faultName = (vector: number): string => NAMES.get(vector) ?? `vector ${vector}`;

export function faultInfo(fault: FaultRecord): FaultInfo {
  return {
    vector: fault.vector,
    name: faultName(fault.vector),
    errorCode: fault.errorCode ?? null,
    address: fault.address ?? null,
    cs: fault.cs,
    rip: fault.rip,
  };
}

export function faultText(fault: FaultInfo): string {
  const code = fault.errorCode === null ? '' : `(0x${fault.errorCode.toString(16)})`;
  const address = fault.address === null ? '' : `, address 0x${fault.address.toString(16)}`;
  return `${fault.name}${code} at ${fault.cs.toString(16)}:0x${fault.rip.toString(16)}${address}`;
}

export const tripleFaultText = (chain: readonly FaultInfo[]): string => `triple fault: ${chain.map(faultText).join(', then ')}`;
