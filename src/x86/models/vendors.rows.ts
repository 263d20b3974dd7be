// Who the CPU says it is. Where Intel and AMD differ in what instructions do (SYSCALL in compatibility mode, null loads of FS and GS), it does as Intel's,
// whatever it says.

export interface VendorRow {
  /** CPUID.0: EBX, EDX, ECX. */
  id: string;
  /** CPUID.1:EAX, and RDX after reset. */
  signature: number;
  brand: string;
}

export const VENDORS: readonly VendorRow[] = [
  // Family 6, model 8Fh, stepping 8: one of those that need no mitigation beside what IA32_ARCH_CAPABILITIES denies.
  { id: 'GenuineIntel', signature: 0x0008_06f8, brand: 'Hyperscope Virtual CPU @ 2.00GHz' },
  // Family 19h, model 1, stepping 1.
  { id: 'AuthenticAMD', signature: 0x00a0_0f11, brand: 'Hyperscope Virtual CPU' },
];
