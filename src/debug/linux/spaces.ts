// Address spaces of a Linux guest by name: the root of a process's page tables (mm_struct.pgd) and who it is, so that a value of CR3 can be told to a person.
import type { KernelMemory } from './kernel-memory';
import { mmOf } from './mappings';
import { readTasks } from './tasks';

/** A page, and with page-table isolation the user's tables behind the kernel's (arch/x86/mm/pti.c). */
const ROOT = 0x000f_ffff_ffff_f000n;
const PTI_BIT = 0x1000n;

/** "sh[10]" by the physical address of its tables; threads share their process's. `physical`: of a linear address of the kernel. */
export async function namesOfSpaces(
  memory: KernelMemory,
  physical: (linear: bigint) => Promise<bigint | undefined>,
): Promise<Map<bigint, string>> {
  const names = new Map<bigint, string>();
  for (const { address, pid, tgid, name } of await readTasks(memory)) {
    if (pid !== tgid) continue;
    const mm = await mmOf(memory, address);
    if (mm === 0n) continue;
    const root = await physical(await memory.read(mm, memory.field('mm_struct', 'pgd')));
    if (root !== undefined) names.set(root & ROOT, `${name}[${pid}]`);
  }
  return names;
}

/** Of a value of CR3, with or without a PCID. */
export const nameOfSpace = (names: ReadonlyMap<bigint, string>, cr3: bigint): string | undefined =>
  names.get(cr3 & ROOT) ?? names.get(cr3 & ROOT & ~PTI_BIT);
