// PAE paging's four registers of page-directory-pointer-table entries, which are loaded with CR3 (SDM vol 3 ch. 5.4.1).
import type { VcpuState } from '../vcpu-state';
import { Cr0, Cr4, Efer, PHYSICAL_ADDRESS_BITS } from './bits';

/** Bits that must be 0 when P is set: 2:1, 8:5 and above the physical address. */
const RESERVED = 0x1e6n | (~((1n << BigInt(PHYSICAL_ADDRESS_BITS)) - 1n) & 0xffff_ffff_ffff_ffffn);

export const usesPae = (cr0: bigint, cr4: bigint, efer: bigint): boolean =>
  (cr0 & Cr0.PG) !== 0n && (cr4 & Cr4.PAE) !== 0n && (efer & Efer.LMA) === 0n;

/** The four that CR3 points to; undefined: reserved bits are set in one. */
export function readPdptes(read64: (gpa: number) => bigint, cr3: bigint): bigint[] | undefined {
  const table = Number(cr3 & 0xffff_ffe0n);
  const entries = [0, 1, 2, 3].map((index) => read64(table + index * 8));
  return entries.some((entry) => entry & 1n && entry & RESERVED) ? undefined : entries;
}

export function setPdptes(state: VcpuState, entries: readonly bigint[]): void {
  for (const [index, entry] of entries.entries()) state.setPdpte(index, entry);
}
