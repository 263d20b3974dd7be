// Requests about a comparison: the session's guest run anew under several interfaces and tables of exit costs, beside each other.

export interface CompareArguments {
  action: 'start' | 'cancel' | 'status';
  /** "none:hw", "kvm:hw-2016": two or more. */
  sides?: string[];
  /** Numbers of vCPUs; the launch configuration's where nothing is said. */
  vcpus?: number[];
  /** Typed into the console of each run; \n is a line end. */
  input?: string;
  /** A run ends when its console has printed this. */
  until?: string;
  /** Count privileged and sensitive instructions by site, too. */
  sites?: boolean;
}

export interface CompareRow {
  name: string;
  unit: 'ns' | 'count';
  /** One for each side, as everywhere below. */
  values: number[];
}
export interface CompareExit {
  reason: string;
  counts: number[];
  ns: number[];
}
/** Why one side takes more or less vCPU time than the first; the parts sum to the difference. */
export interface CompareExplanation {
  side: number;
  differenceNs: number;
  parts: ComparePart[];
}
export interface ComparePart {
  name: string;
  /** The row of the totals whose difference it is a part of. */
  total: string;
  differenceNs: number;
  /** Of which events so many more or fewer; null: it has none of its own. */
  events: 'exits' | 'instructions' | 'waits' | 'sleeps' | null;
  differenceCount: number | null;
}
export interface CompareSite {
  address: string;
  symbol: string;
  path: string | null;
  line: number | null;
  instruction: string;
  class: 'privileged' | 'io' | 'sensitive';
  /** At CPL 3. */
  user: boolean;
  counts: number[];
}
export interface CompareInstruction {
  instruction: string;
  class: 'privileged' | 'io' | 'sensitive';
  sides: string[];
  /** With traps alone, and in a kernel that is made for its hypervisor. */
  traps: string;
  replaced: string;
}
export interface CompareRun {
  vcpus: number;
  ended: string[];
  totals: CompareRow[];
  exits: CompareExit[];
  counts: CompareRow[];
  explanations: CompareExplanation[];
  /** The most frequent ones, and how many there are. */
  sites: CompareSite[];
  allSites: number;
  instructions: CompareInstruction[];
}

export interface CompareAnswer {
  state: 'none' | 'running' | 'done' | 'cancelled' | 'failed';
  /** What runs now, or what went wrong. */
  text: string;
  /** Runs that are over, of so many. */
  done: number;
  all: number;
  /** Cost tables that there are. */
  costs: { name: string; doc: string; source: string }[];
  sides: { name: string; text: string }[];
  /** One for each number of vCPUs, once all its sides have run. */
  runs: CompareRun[];
}

export type CompareFormat = 'text' | 'json' | 'csv';
export interface CompareExportArguments {
  format: CompareFormat;
  path: string;
}
