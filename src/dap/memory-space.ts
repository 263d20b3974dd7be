// The memory that a client means, for the machine: an address space, and where an address of it lies before paging.
import type { Space } from '../machine/control/types';
import type { MemoryPlace, MemorySpace } from '../protocol/memory';
import { dapErrors } from './errors';
import type { Guest } from './guest';
import { parseReference } from './memory-reference';

const SPACES: readonly MemorySpace[] = ['virtual', 'linear', 'physical'];
/** CR3 without PCID and cache bits. */
const ROOT = 0x000f_ffff_ffff_f000n;

export interface GuestSpace {
  readonly space: Space;
  /** Names the memory for comparisons between stops. */
  readonly key: string;
  /** Where an address is before paging. */
  place(address: bigint): bigint;
}

export async function guestSpace(command: string, guest: Guest, { vcpu, space, cr3 }: MemoryPlace): Promise<GuestSpace> {
  if (!SPACES.includes(space)) throw dapErrors.badArgument(command, `"${String(space)}" is no address space`);
  const same = (address: bigint): bigint => address;
  if (space === 'physical') return { space: { kind: 'physical' }, key: 'physical', place: same };
  await guest.vcpuOfThread(vcpu + 1);
  if (space === 'linear') return { space: { kind: 'linear', vcpu }, key: `linear ${vcpu}`, place: same };
  if (cr3 !== null) {
    const root = parseReference(command, cr3);
    return { space: { kind: 'virtual', vcpu, cr3: root }, key: `virtual ${(root & ROOT).toString(16)}`, place: same };
  }
  const { values } = await guest.control.registers(guest.vm, vcpu);
  const isPaging = ((values.cr0 ?? 0n) & 0x8000_0000n) !== 0n;
  const place = isPaging ? same : (address: bigint) => guest.debugger.addresses.physicalOf(address) ?? address;
  return { space: { kind: 'virtual', vcpu }, key: `virtual ${vcpu}`, place };
}
