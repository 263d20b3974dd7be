// Named bits of the registers a kernel programmer reads (SDM vol 3, 2.3 and 2.5; vol 4, table 2-2), most significant last.

export interface BitRow {
  readonly low: number;
  readonly high: number;
  readonly name: string;
  /** What it does when it is set, in one sentence. */
  readonly doc?: string;
}

const field = (low: number, high: number, name: string, doc?: string): BitRow => ({ low, high, name, ...(doc && { doc }) });
const bit = (low: number, name: string, doc?: string): BitRow => field(low, low, name, doc);

export const REGISTER_BITS: Readonly<Record<string, readonly BitRow[]>> = {
  rflags: [
    bit(0, 'CF', 'Carry.'),
    bit(2, 'PF', 'Parity: the low byte of the result has an even number of ones.'),
    bit(4, 'AF', 'Auxiliary carry: out of bit 3.'),
    bit(6, 'ZF', 'Zero.'),
    bit(7, 'SF', 'Sign.'),
    bit(8, 'TF', 'Trap: #DB after each instruction.'),
    bit(9, 'IF', 'Maskable interrupts are taken.'),
    bit(10, 'DF', 'Direction: string instructions go downwards.'),
    bit(11, 'OF', 'Overflow.'),
    field(12, 13, 'IOPL', 'I/O privilege level: the highest CPL that may use IN, OUT, CLI and STI.'),
    bit(14, 'NT', 'Nested task: IRET goes back to the task that called.'),
    bit(16, 'RF', 'Resume: no instruction breakpoint at the next instruction.'),
    bit(17, 'VM', 'Virtual-8086 mode.'),
    bit(18, 'AC', 'Alignment checks at CPL 3 (with CR0.AM); supervisor access to user pages (with CR4.SMAP).'),
    bit(19, 'VIF', 'Virtual interrupt flag (CR4.VME, CR4.PVI).'),
    bit(20, 'VIP', 'Virtual interrupt pending.'),
    bit(21, 'ID', 'CPUID is there if software can change it.'),
  ],
  cr0: [
    bit(0, 'PE', 'Protection: protected mode.'),
    bit(1, 'MP', 'Monitor coprocessor: WAIT raises #NM when TS is set.'),
    bit(2, 'EM', 'Emulation: no x87 (#NM), no SSE (#UD).'),
    bit(3, 'TS', 'Task switched: the next x87 or SSE instruction raises #NM.'),
    bit(4, 'ET', 'Extension type: always 1.'),
    bit(5, 'NE', 'Numeric error: x87 exceptions are #MF; without it they leave by FERR#.'),
    bit(16, 'WP', 'Write protect: the supervisor cannot write read-only pages.'),
    bit(18, 'AM', 'Alignment mask: RFLAGS.AC works.'),
    bit(29, 'NW', 'Not write-through.'),
    bit(30, 'CD', 'Cache disable.'),
    bit(31, 'PG', 'Paging.'),
  ],
  cr4: [
    bit(0, 'VME', 'Virtual-8086 mode extensions: VIF and the interrupt redirection map.'),
    bit(1, 'PVI', 'Protected-mode virtual interrupts.'),
    bit(2, 'TSD', 'Time stamp disable: RDTSC and RDTSCP only at CPL 0.'),
    bit(3, 'DE', 'Debugging extensions: I/O breakpoints; DR4 and DR5 raise #UD.'),
    bit(4, 'PSE', 'Page size extensions: 4 MiB pages with 32-bit paging.'),
    bit(5, 'PAE', 'Physical address extension: 64-bit page-table entries.'),
    bit(6, 'MCE', 'Machine-check enable.'),
    bit(7, 'PGE', 'Global pages stay in the TLB when CR3 is written.'),
    bit(8, 'PCE', 'RDPMC at every CPL.'),
    bit(9, 'OSFXSR', 'The system saves SSE state by FXSAVE: SSE instructions work.'),
    bit(10, 'OSXMMEXCPT', 'SSE exceptions are #XM; without it #UD.'),
    bit(11, 'UMIP', 'SGDT, SIDT, SLDT, SMSW and STR only at CPL 0.'),
    bit(12, 'LA57', '57-bit linear addresses: 5-level paging.'),
    bit(13, 'VMXE', 'VMX enable.'),
    bit(14, 'SMXE', 'SMX enable.'),
    bit(16, 'FSGSBASE', 'RDFSBASE, WRFSBASE and their kind work at every CPL.'),
    bit(17, 'PCIDE', 'Process-context identifiers in CR3 bits 11:0.'),
    bit(18, 'OSXSAVE', 'XSAVE and XGETBV work; CPUID shows it.'),
    bit(20, 'SMEP', 'The supervisor cannot execute user pages.'),
    bit(21, 'SMAP', 'The supervisor cannot touch user pages, unless RFLAGS.AC is set.'),
    bit(22, 'PKE', 'Protection keys for user pages: PKRU.'),
    bit(23, 'CET', 'Control-flow enforcement.'),
  ],
  efer: [
    bit(0, 'SCE', 'SYSCALL and SYSRET.'),
    bit(8, 'LME', 'Long mode is entered when paging is turned on.'),
    bit(10, 'LMA', 'Long mode is active.'),
    bit(11, 'NXE', 'Bit 63 of page-table entries forbids execution.'),
  ],
  xcr0: [
    bit(0, 'X87', 'x87 state: always 1.'),
    bit(1, 'SSE', 'XMM registers and MXCSR.'),
    bit(2, 'AVX', 'Upper halves of the YMM registers.'),
  ],
  dr6: [bit(0, 'B0'), bit(1, 'B1'), bit(2, 'B2'), bit(3, 'B3'), bit(13, 'BD'), bit(14, 'BS'), bit(15, 'BT')],
  mxcsr: [
    bit(0, 'IE'),
    bit(1, 'DE'),
    bit(2, 'ZE'),
    bit(3, 'OE'),
    bit(4, 'UE'),
    bit(5, 'PE'),
    bit(6, 'DAZ'),
    bit(7, 'IM'),
    bit(8, 'DM'),
    bit(9, 'ZM'),
    bit(10, 'OM'),
    bit(11, 'UM'),
    bit(12, 'PM'),
    field(13, 14, 'RC'),
    bit(15, 'FZ'),
  ],
  apicbase: [bit(8, 'BSP'), bit(10, 'x2APIC'), bit(11, 'enabled')],
};

/** "ZF IF IOPL=3": the bits that are set. */
export function decodeBits(rows: readonly BitRow[], value: bigint): string {
  return rows
    .flatMap(({ low, high, name }) => {
      const bits = (value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);
      if (bits === 0n) return [];
      return high === low ? [name] : [`${name}=${bits}`];
    })
    .join(' ');
}
