// Sites of several runs beside each other: the same place is one row, wherever each run's kernel was put; and what becomes of each instruction.
import { outcomeByTraps, outcomeUnder, replacement, type Side } from '../../machine/control/compare';
import { costTableOf } from '../../machine/control/costs';
import { SENSITIVITY_ROWS } from '../../x86/insn/sensitivity.rows';
import type { NamedSite } from './site-names';

export interface SiteRow {
  /** In the first run that has it. */
  readonly address: string;
  readonly symbol: string;
  readonly path: string | null;
  readonly line: number | null;
  readonly instruction: string;
  readonly class: 'privileged' | 'io' | 'sensitive';
  /** At CPL 3. */
  readonly user: boolean;
  /** One for each side. */
  readonly counts: number[];
}

export interface InstructionFate {
  readonly instruction: string;
  readonly class: SiteRow['class'];
  /** On each side. */
  readonly sides: readonly string[];
  /** With traps alone, and in a kernel that is made for its hypervisor. */
  readonly traps: string;
  readonly replaced: string;
}

export interface SiteReport {
  /** The most frequent first. */
  readonly sites: readonly SiteRow[];
  readonly instructions: readonly InstructionFate[];
}

export function siteReport(sides: readonly Side[], runs: readonly (readonly NamedSite[])[]): SiteReport {
  const rows = new Map<string, SiteRow>();
  const kinds = new Map<string, number>();
  for (const [side, sites] of runs.entries())
    for (const site of sites) {
      const { symbol, instruction, user, row, path, line, count } = site;
      const address = `0x${site.address.toString(16)}`;
      const key = `${symbol === '' ? address : symbol}|${instruction}|${user}`;
      let found = rows.get(key);
      if (found === undefined) {
        const { class: kind } = SENSITIVITY_ROWS[row]!;
        found = { address, symbol, path, line, instruction, class: kind, user, counts: runs.map(() => 0) };
        rows.set(key, found);
      }
      found.counts[side] = found.counts[side]! + count;
      kinds.set(instruction, row);
    }
  const most = ({ counts }: SiteRow): number => Math.max(...counts);
  const sites = [...rows.values()].sort((a, b) => most(b) - most(a) || (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0));
  return { sites, instructions: [...kinds].map(([name, row]) => fateOf(name, row, sides)).sort(byName) };
}

const byName = (a: InstructionFate, b: InstructionFate): number => (a.instruction < b.instruction ? -1 : 1);

function fateOf(instruction: string, row: number, sides: readonly Side[]): InstructionFate {
  const sensitivity = SENSITIVITY_ROWS[row]!;
  return {
    instruction,
    class: sensitivity.class,
    sides: sides.map(({ model, costs }) => outcomeUnder(sensitivity, costTableOf(model, costs))),
    traps: outcomeByTraps(sensitivity),
    replaced: replacement(sensitivity),
  };
}
