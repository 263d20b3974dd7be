// Counts privileged and sensitive instructions of one VM by place: exactly, in both tiers, and only while somebody asks.
import type { CpuEngine, InstructionObserver } from '../../engine/cpu-engine';
import type { InsnRow } from '../../x86/insn/row';
import { sensitivityOf } from '../../x86/insn/sensitivity';
import { Seg } from '../../x86/layout';

const TWO_32 = 0x1_0000_0000;
/** So many of the high half's bits tell addresses apart: with them a number is exact. */
const HIGH_BITS = 0x1f_ffff;
const USER_CPL = 3;

export interface SiteCount {
  readonly vm: number;
  /** Linear address of the instruction. */
  readonly linear: bigint;
  /** Into SENSITIVITY_ROWS. */
  readonly row: number;
  /** Number of the control, debug or segment register, where the row has one. */
  readonly reg: number;
  /** At CPL 3. */
  readonly user: boolean;
  /** Whose code it is, at CPL 3; 0 for a kernel, which is in all address spaces. */
  readonly cr3: bigint;
  /** How often it was begun: one that faults counts too, and so does each iteration of a repeated one. */
  count: number;
}

export class SiteCounter implements InstructionObserver {
  private readonly rows = new Map<InsnRow, number>();
  private readonly sites = new Map<number, SiteCount[]>();

  constructor(
    private readonly vm: number,
    private readonly engine: CpuEngine,
  ) {
    engine.observe(this);
  }

  wants(row: InsnRow): boolean {
    let index = this.rows.get(row);
    if (index === undefined) {
      index = sensitivityOf(row);
      this.rows.set(row, index);
    }
    return index >= 0;
  }

  before(vcpu: number, row: InsnRow, reg: number): void {
    const state = this.engine.state(vcpu);
    const linear = BigInt.asUintN(64, state.u64('rip') + state.segmentBase(Seg.cs));
    const index = this.rows.get(row)!;
    const user = state.u32('cpl') === USER_CPL;
    const cr3 = user ? state.u64('cr3') : 0n;
    const key = (Number(linear >> 32n) & HIGH_BITS) * TWO_32 + Number(linear & 0xffff_ffffn);
    const here = this.sites.get(key);
    const known = here?.find(
      (site) => site.linear === linear && site.row === index && site.reg === reg && site.user === user && site.cr3 === cr3,
    );
    if (known !== undefined) known.count++;
    else {
      const site: SiteCount = { vm: this.vm, linear, row: index, reg, user, cr3, count: 1 };
      if (here === undefined) this.sites.set(key, [site]);
      else here.push(site);
    }
  }

  /** The most frequent first. */
  get totals(): SiteCount[] {
    return [...this.sites.values()]
      .flat()
      .sort((a, b) => b.count - a.count || (a.linear < b.linear ? -1 : a.linear > b.linear ? 1 : a.row - b.row))
      .map((site) => ({ ...site }));
  }
}
