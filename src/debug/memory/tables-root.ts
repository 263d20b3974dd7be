// Where CR3 says that the page tables are, whatever else is in it: PCID and cache bits (SDM vol 3, 2.5, 4.10.1; PAE: 5.4.1, a table of 32 bytes).

const CR0_PG = 0x8000_0000n;
const CR4_PAE = 0x20n;
const EFER_LMA = 0x400n;
const PAE_ROOT = 0xffff_ffe0n;
const ROOT = 0x000f_ffff_ffff_f000n;

/** By name, of one vCPU: cr0, cr4, efer. */
export type ControlValues = Readonly<Record<string, bigint>>;

export const isPaging = ({ cr0 = 0n }: ControlValues): boolean => (cr0 & CR0_PG) !== 0n;

/** The bits of CR3 that tell one set of page tables from another. */
export const rootMask = (values: ControlValues): bigint => {
  const { cr4 = 0n, efer = 0n } = values;
  return isPaging(values) && (cr4 & CR4_PAE) !== 0n && (efer & EFER_LMA) === 0n ? PAE_ROOT : ROOT;
};
