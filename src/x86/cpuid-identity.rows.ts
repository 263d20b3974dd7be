// Who the CPU says it is. The vendor decides where Intel and AMD differ (SYSCALL in compatibility mode, null loads of FS and GS): Intel.

export const CPU_VENDOR = 'GenuineIntel';
export const CPU_BRAND = 'Hyperscope Virtual CPU @ 2.00GHz';
/** Family 6, model 85 (0x55), stepping 7, as CPUID.1:EAX and RDX after reset show it. */
export const CPU_SIGNATURE = 0x0005_0657;
export const MICROCODE_REVISION = 0x0500_3000;
/** Core crystal of CPUID 15h, and the TSC that is derived from it. */
export const CRYSTAL_HZ = 25_000_000;
export const TSC_HZ = 2_000_000_000;
