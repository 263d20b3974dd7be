// Alignment checks of data accesses at CPL 3 with CR0.AM and EFLAGS.AC (SDM vol 3 ch. 7.15, interrupt 17, table 7-7).

/** What an operand of `length` bytes must be aligned to: its size up to 16; 8 for extended floating point; environments and areas to their elements. */
const alignmentOf = (length: number): number => (length === 10 ? 8 : Math.min(16, length & -length));

/** `lo`: the low 32 bits of the linear address. */
export const isMisaligned = (lo: number, length: number): boolean => (lo & (alignmentOf(length) - 1)) !== 0;
