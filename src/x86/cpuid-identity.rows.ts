// Figures that CPUID and MSRs show of every model.

export const MICROCODE_REVISION = 0x2b00_0000;
/** Core crystal of CPUID 15h, and the TSC that is derived from it. */
export const CRYSTAL_HZ = 25_000_000;
export const TSC_HZ = 2_000_000_000;
