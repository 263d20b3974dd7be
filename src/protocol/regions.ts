// Compiled regions, as the adapter tells of them.
import type { Hex } from './wire';

export interface RegionsArguments {
  /** From now on with or without counts; all regions are compiled again then. */
  counting?: boolean;
}
export interface RegionsAnswer {
  text: string;
  tier: 'interpreter' | 'auto' | 'jit';
  counting: boolean;
  /** `entered` null: nothing is counted. */
  regions: { linear: Hex; symbol: string; blocks: number; instructions: number; bytes: number; entered: number | null }[];
}

export interface RegionArguments {
  vcpu: number;
  /** A number or an expression ("rip", "main"). */
  address: string;
}
export interface RegionAnswer {
  linear: Hex;
  /** Regions with code there. */
  regions: number;
  text: string;
}
