// The hypercall page of PVH and HVM guests (xen/arch/x86/hvm/vmx/vmx.c, init_hypercall_page): a stub of 32 bytes for each number.
import type { GuestMemory } from '../../devices/ports';
import { gpaOf } from '../guest-words';
import { PAGE_SIZE } from './layout';

const STUB = 32;
const IRET = 23;
const VMCALL = [0x0f, 0x01, 0xc1];
const RET = 0xc3;
const UD2 = [0x0f, 0x0b];
const MOV_EAX = 0xb8;

/** False: #GP, there is no such page, or no RAM is there. */
export function writeHypercallPage(memory: GuestMemory, value: bigint): boolean {
  if (value & 0xfffn) return false;
  const page = new Uint8Array(PAGE_SIZE);
  for (let nr = 0; nr < PAGE_SIZE / STUB; nr++) {
    page.set(nr === IRET ? UD2 : [MOV_EAX, nr, 0, 0, 0, ...VMCALL, RET], nr * STUB);
  }
  return memory.write(gpaOf(value), page);
}
