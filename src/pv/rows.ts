// The rows of all paravirtual interfaces: one line per interface. Trees of breakpoints, hover help, panels and documentation read them from here.
import { KVM_ROWS } from './kvm/rows';
import type { HypercallRow, InterfaceRows, MsrRow } from './types.rows';
import { XEN_ROWS } from './xen/rows';

export const PV_INTERFACES: readonly InterfaceRows[] = [KVM_ROWS, XEN_ROWS];

export function interfaceRows(name: string): InterfaceRows | undefined {
  return PV_INTERFACES.find((rows) => rows.name === name);
}

export function hypercallRow(interfaceName: string, nr: number): HypercallRow | undefined {
  return interfaceRows(interfaceName)?.hypercalls.find((row) => row.nr === nr);
}

/** All interfaces' calls of this name ("KICK_CPU", also "KVM_HC_KICK_CPU" or "kvm:KICK_CPU"), without regard to case. */
export function hypercallsNamed(name: string): { interface: string; row: HypercallRow }[] {
  const colon = name.indexOf(':');
  const only = colon < 0 ? undefined : name.slice(0, colon).toLowerCase();
  const wanted = name.slice(colon + 1).toLowerCase();
  return PV_INTERFACES.filter((rows) => only === undefined || rows.name === only).flatMap((rows) =>
    rows.hypercalls
      .filter((row) => row.name.toLowerCase() === wanted || row.symbol.toLowerCase() === wanted)
      .map((row) => ({ interface: rows.name, row })),
  );
}

export function pvMsrRow(index: number): { interface: string; row: MsrRow } | undefined {
  for (const rows of PV_INTERFACES) {
    const row = rows.msrs.find((each) => each.index === index);
    if (row !== undefined) return { interface: rows.name, row };
  }
  return undefined;
}

export type { ArgumentRow, HypercallRow, InterfaceRows, MsrRow } from './types.rows';
