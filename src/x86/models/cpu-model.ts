// A CPU model, resolved: which features a VM's processors have, and what follows from them for control registers and decoding.
import type { InsnRow } from '../insn/row';
import { featuresOf } from './available';
import { type CpuidRegister, FEATURES, type FeatureRow } from './features.rows';
import type { VendorRow } from './vendors.rows';

/** Instructions that mean another, older one where their feature is denied: LZCNT is BSR, TZCNT is BSF (SDM vol 2). All others raise #UD. */
const OLDER_MEANING: readonly string[] = ['LZCNT', 'TZCNT'];

export class CpuModel {
  private readonly rows: readonly FeatureRow[];
  /** CR4 and EFER bits that may be set; all others raise #GP. */
  readonly cr4: bigint;
  readonly efer: bigint;

  constructor(
    readonly features: ReadonlySet<string>,
    readonly vendor: VendorRow,
  ) {
    this.rows = FEATURES.filter(({ name }) => features.has(name));
    // PCE exists without counters too: RDPMC is refused, the bit is not.
    this.cr4 = this.rows.reduce((bits, row) => bits | row.cr4, 1n << 8n);
    this.efer = this.rows.reduce((bits, row) => bits | row.efer, 0n);
  }

  has(feature: string): boolean {
    return this.features.has(feature);
  }

  /** Feature bits of one CPUID register, as an unsigned number. */
  cpuidBits(leaf: number, subleaf: number, register: CpuidRegister): number {
    let bits = 0;
    for (const row of this.rows)
      if (row.bit >= 0 && row.leaf === leaf && row.subleaf === subleaf && row.register === register) bits |= 1 << row.bit;
    return bits >>> 0;
  }

  /** The rows that a decoder for this CPU is made from: instructions whose feature is denied raise #UD, or are what their encoding meant before. */
  decodeRows(rows: readonly InsnRow[]): readonly InsnRow[] {
    return rows.flatMap((row) => {
      if (featuresOf(row).every((feature) => this.has(feature))) return [row];
      return OLDER_MEANING.includes(row.name) ? [] : [{ ...row, undefined: true, unimplemented: false }];
    });
  }
}
