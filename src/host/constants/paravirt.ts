// Constants of the paravirtual interfaces: hypercalls, feature bits, MSRs, CPUID leaves, errors, from the rows that also drive the hypervisor.
import { PV_INTERFACES } from '../../pv/rows';
import type { CommandRow, HypercallRow, InterfaceRows, MsrRow } from '../../pv/types.rows';
import { XEN_FEATURES } from '../../pv/xen/features.rows';
import type { ConstantEntry } from './entry';
import { hex } from './hex';

const refused = 'Refused to the guest.';

function hypercall(title: string, source: string, row: HypercallRow): ConstantEntry {
  const args = row.args.map(({ name, type, doc }, index) => `- a${index} \`${name}\`: ${doc ?? type}`);
  return {
    name: row.symbol,
    what: `${title} hypercall ${row.nr}`,
    doc: row.doc,
    details: [...args, `Result: ${row.result} Callable from: ${row.caller}.`, ...(row.state === 'refused' ? [refused] : [])],
    source,
  };
}

function commandConstant({ name }: HypercallRow, source: string, { nr, symbol, doc, state }: CommandRow): ConstantEntry {
  return { name: symbol, what: `command ${nr} of ${name}`, doc, details: state === 'refused' ? [refused] : [], source };
}

function msr(title: string, source: string, row: MsrRow): ConstantEntry {
  const bits = (row.bits ?? []).map(
    ({ low, high, name, doc }) => `- ${high === low ? `bit ${low}` : `bits ${high}:${low}`} \`${name}\`: ${doc}`,
  );
  return {
    name: row.name,
    what: `${title} MSR ${hex(row.index)}, ${row.access}`,
    doc: row.doc,
    details: [...bits, ...(row.state === 'refused' ? [refused] : [])],
    source,
  };
}

function interfaceConstants(rows: InterfaceRows): ConstantEntry[] {
  const { title, cpuidBase } = rows;
  const source = title === 'KVM' ? 'kvm_para.h' : title;
  const leaf = (relative: number) => `CPUID ${hex(cpuidBase + relative)}`;
  return [
    ...rows.hypercalls.map((row) => hypercall(title, source, row)),
    ...rows.hypercalls.flatMap((row) => (row.commands ?? []).map((command) => commandConstant(row, source, command))),
    ...rows.msrs.map((row) => msr(title, source, row)),
    ...rows.features.map((row) => ({
      name: row.symbol,
      what: `${leaf(row.leaf)} ${row.register.toUpperCase()} bit ${row.bit}`,
      doc: row.doc,
      details: row.state === 'refused' ? ['Not offered to the guest.'] : [],
      source,
    })),
    ...rows.cpuid.map((row) => ({ name: row.name, what: leaf(row.leaf), doc: row.doc, details: [], source })),
    ...rows.errors.map((row) => ({ name: row.name, what: `${title} hypercall result ${row.value}`, doc: row.doc, details: [], source })),
  ];
}

const xenFeatures = (): ConstantEntry[] =>
  XEN_FEATURES.map(({ bit, symbol, doc, state }) => ({
    ...{ name: symbol, what: `XENVER_get_features bit ${bit}`, doc, source: 'Xen' },
    details: state === 'refused' ? ['Not offered to the guest.'] : [],
  }));

export const paravirtConstants = (): ConstantEntry[] => [...PV_INTERFACES.flatMap(interfaceConstants), ...xenFeatures()];

/** Entry of each MSR by its index. */
export const paravirtMsrs = (): [number, ConstantEntry][] =>
  PV_INTERFACES.flatMap((rows) => rows.msrs.map((row): [number, ConstantEntry] => [row.index, msr(rows.title, rows.title === 'KVM' ? 'kvm_para.h' : rows.title, row)]));
