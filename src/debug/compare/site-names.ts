// Functions and lines of the places that a run counted, as its kernel's symbols lay at its end.

import type { SiteCount } from '../../machine/control/compare';
import type { MachineControl } from '../../machine/control/control';
import { SENSITIVITY_ROWS } from '../../x86/insn/sensitivity.rows';
import { BreakpointTable } from '../breakpoints/table';
import { Debugger } from '../debugger';
import { VcpuStop } from '../frames/vcpu-stop';
import type { KernelFile } from '../linux/kernel-file';
import { LinuxGuest } from '../linux/linux-guest';
import type { AddressMap } from '../run/address-map';
import type { Symbols } from '../symbols';

export interface SiteSymbols {
  readonly symbols: Symbols;
  readonly addresses: AddressMap;
  readonly kernel: KernelFile | undefined;
  readonly sourceMap: Readonly<Record<string, string>>;
}

export interface NamedSite {
  readonly address: bigint;
  /** "cli_save+0x3"; empty: no symbol. */
  readonly symbol: string;
  readonly path: string | null;
  readonly line: number | null;
  /** Into SENSITIVITY_ROWS, and as people call it, with its register. */
  readonly row: number;
  readonly instruction: string;
  readonly user: boolean;
  readonly count: number;
}

const SEGMENTS = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS'];

function instructionOf(row: number, reg: number): string {
  const { name } = SENSITIVITY_ROWS[row]!;
  if (name.includes('#')) return name.replace('#', String(reg));
  return name === 'MOV from a segment register' || name === 'MOV to a segment register'
    ? name.replace('a segment register', SEGMENTS[reg] ?? 'a segment register')
    : name;
}

/** The run has come to its end, and its host is still there. Symbols are this call's own: a Linux kernel's move to where it lies. */
export async function namedSites(
  control: MachineControl,
  { symbols, addresses, kernel, sourceMap }: SiteSymbols,
  sites: readonly SiteCount[],
): Promise<NamedSite[]> {
  const debug = new Debugger({ control, vm: 0, symbols, addresses, breakpoints: new BreakpointTable() });
  const linux = kernel && new LinuxGuest(debug, kernel, { moved: () => {}, moduleFolders: [], sourceMap });
  try {
    if (linux) await linux.lookAt(await VcpuStop.of(debug, 0));
    return sites.map(({ linear, row, reg, user, count }) => {
      // A Linux guest's programs are not of the kernel's symbols.
      const isNamed = !(user && kernel !== undefined);
      const linked = addresses.toLinked(linear);
      const line = isNamed ? symbols.lineAt(linked) : undefined;
      const text = isNamed ? symbols.describe(linked) : '';
      return {
        address: linear,
        symbol: text.startsWith('0x') ? '' : text,
        path: line?.file ?? null,
        line: line?.line ?? null,
        row,
        instruction: instructionOf(row, reg),
        user,
        count,
      };
    });
  } finally {
    linux?.dispose();
    debug.dispose();
  }
}
