// Regions of guest code that the engine has compiled to WebAssembly, for people who look at them.

export interface RegionEntry {
  /** Of its first instruction, where it was compiled; other addresses may lead to the same code. */
  readonly linear: bigint;
  readonly blocks: number;
  readonly instructions: number;
  /** Of its WebAssembly module. */
  readonly bytes: number;
  /** Undefined: nothing is counted. */
  readonly entered: number | undefined;
}
export interface CompiledRegions {
  readonly tier: 'interpreter' | 'auto' | 'jit';
  readonly counting: boolean;
  readonly regions: readonly RegionEntry[];
}

export interface CompiledRegion extends RegionEntry {
  readonly bitness: 16 | 32 | 64;
  readonly code: readonly { readonly linear: bigint; readonly bytes: Uint8Array }[];
  /** The module as text. */
  readonly wasm: string;
  /** How often it was left before which instruction, and why. */
  readonly left: readonly { readonly linear: bigint; readonly what: string; readonly count: number }[];
}
