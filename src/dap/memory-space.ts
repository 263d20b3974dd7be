// The memory that a client means, for the machine: an address space, and where an address of it lies before paging.
import { FRAMES } from '../debug/memory/seen-memory';
import { isPaging, rootMask } from '../debug/memory/tables-root';
import type { Space } from '../machine/control/types';
import type { MemoryPlace, MemorySpace } from '../protocol/memory';
import { dapErrors } from './errors';
import type { Guest } from './guest';
import { parseReference } from './memory-reference';

const SPACES: readonly MemorySpace[] = ['virtual', 'linear', 'physical'];

export interface GuestSpace {
  readonly space: Space;
  /** Names the memory for comparisons between stops: the same for all vCPUs that see it alike. */
  readonly key: string;
  /** The guest-physical address behind an address; undefined: not mapped, or no other memory. */
  frameOf(address: bigint): Promise<bigint | undefined>;
  /** Where an address is before paging. */
  place(address: bigint): bigint;
}

export async function guestSpace(command: string, guest: Guest, { vcpu, space, cr3 }: MemoryPlace): Promise<GuestSpace> {
  if (!SPACES.includes(space)) throw dapErrors.badArgument(command, `"${String(space)}" is no address space`);
  const same = (address: bigint): bigint => address;
  if (space === 'physical') return { space: { kind: 'physical' }, key: FRAMES, place: same, frameOf: async () => undefined };
  await guest.vcpuOfThread(vcpu + 1);
  const named = space === 'virtual' && cr3 !== null ? parseReference(command, cr3) : undefined;
  const { values } = await guest.control.registers(guest.vm, vcpu);
  const keyOf = (root: bigint): string => `virtual ${(root & rootMask(values)).toString(16)}`;
  // Tables that are not the vCPU's own have no frames to compare by: the key tells them apart.
  if (named !== undefined)
    return { space: { kind: 'virtual', vcpu, cr3: named }, key: keyOf(named), place: same, frameOf: async () => undefined };
  const pages = isPaging(values);
  const isSame = pages || space === 'linear';
  const place = isSame ? same : (address: bigint) => guest.debugger.addresses.physicalOf(address) ?? address;
  return {
    space: { kind: space, vcpu },
    key: pages ? keyOf(values.cr3 ?? 0n) : `${space} without paging`,
    place,
    frameOf: async (address) => {
      const { result } = await guest.control.walk(guest.vm, vcpu, place(address));
      return result ? BigInt(result.gpa) : undefined;
    },
  };
}
