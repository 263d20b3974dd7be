// Constants of the processor: bits of control registers, MSRs, CPUID features, exceptions and VM exits, from the rows that drive it.
import { REGISTER_BITS } from '../../debug/registers/bits.rows';
import { EXIT_REASON_ROWS } from '../../trace/exits.rows';
import { FEATURES, type FeatureRow } from '../../x86/models/features.rows';
import { MSR_ROWS } from '../../x86/msr.rows';
import type { ConstantEntry } from './entry';
import { hex } from './hex';

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

/** "CR4.SMEP": of every register with named bits that have a text. */
export const registerBitConstants = (): ConstantEntry[] =>
  Object.entries(REGISTER_BITS).flatMap(([register, rows]) =>
    rows.flatMap(({ low, high, name, doc }) => {
      const register_ = register.toUpperCase();
      const where = low === high ? `bit ${low}` : `bits ${high}:${low}`;
      const mask = low === high ? [`Mask: \`${hex(2 ** low)}\``] : [];
      return doc ? [{ name: `${register_}.${name}`, what: `${register_} ${where}`, doc, details: mask, source: 'SDM vol 3, ch. 2' }] : [];
    }),
  );

export const msrConstants = (): [number, ConstantEntry][] =>
  MSR_ROWS.map((row): [number, ConstantEntry] => [
    row.index,
    {
      name: row.name,
      what: `MSR ${hex(row.index)}`,
      doc: row.is.kind === 'absent' ? 'Not there: RDMSR and WRMSR raise #GP.' : sentence(row.meaning),
      details: row.features ? [`Needs ${row.features.join(' or ')}.`] : [],
      source: 'SDM vol 4, ch. 2',
    },
  ]);

export function featureConstant(row: FeatureRow): ConstantEntry {
  const leaf = `CPUID ${hex(row.leaf)}${row.subleaf ? ` ECX=${row.subleaf}` : ''}`;
  const models = row.level === 'max' ? 'CPU model `max`' : `CPU models from \`x86-64-${row.level}\``;
  return {
    name: row.name,
    what: row.bit < 0 ? leaf : `${leaf} ${row.register.toUpperCase()} bit ${row.bit}`,
    doc: `Feature ${row.name}: ${models}.`,
    details: [
      ...(row.needs.length ? [`Builds on ${row.needs.join(', ')}.`] : []),
      ...(row.notUnderHypervisor ? ['Hidden under a hypervisor unless asked for by name.'] : []),
    ],
    source: 'SDM vol 2, CPUID',
  };
}

export const featureConstants = (): [FeatureRow, ConstantEntry][] => FEATURES.map((row) => [row, featureConstant(row)]);

export const exitConstants = (): ConstantEntry[] =>
  EXIT_REASON_ROWS.filter(({ number }) => number < 1000).map(({ name, number, doc, args }) => ({
    name: `EXIT_REASON_${name.toUpperCase().replaceAll('-', '_')}`,
    what: `VM exit reason ${number}`,
    doc,
    details: args.length ? [`With ${args.map((each) => each.name).join(', ')}.`] : [],
    source: 'SDM vol 3, appendix C',
  }));
