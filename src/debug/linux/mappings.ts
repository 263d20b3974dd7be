// What a process has mapped: struct vm_area_struct (include/linux/mm_types.h), found in the maple tree of its mm (lib/maple_tree.c, Linux 6.1 and later) or in the list before.
import type { KernelMemory } from './kernel-memory';

export interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  /** Of `start` within the file. */
  readonly fileOffset: bigint;
  /** In the guest: "/bin/busybox"; undefined: of no file. */
  readonly path: string | undefined;
  readonly isCode: boolean;
}

const VM_EXEC = 4n;
const PAGE_SHIFT = 12n;
/** A node's address and its kind in one word; the lowest bits tell a node from what a single-entry tree holds. */
const NODE_MASK = 0xffn;
const KIND_SHIFT = 3n;
const ARANGE_64 = 3n;
const LEAF_64 = 1n;
const LEAST_NODE = 4096n;
const MOST_MAPPINGS = 65_536;
const MOST_FOLDERS = 40;

/** The mm of a task; 0 for a kernel thread. */
export const mmOf = (memory: KernelMemory, task: bigint): Promise<bigint> => memory.read(task, memory.field('task_struct', 'mm'));

/** All of an mm, by address. */
export async function mappings(memory: KernelMemory, mm: bigint): Promise<Mapping[]> {
  const found: Mapping[] = [];
  for await (const vma of areas(memory, mm)) found.push(await readMapping(memory, vma));
  return found;
}

/** Of one struct vm_area_struct. */
export async function readMapping(memory: KernelMemory, vma: bigint): Promise<Mapping> {
  const field = (name: string): Promise<bigint> => memory.read(vma, memory.field('vm_area_struct', name));
  const [start, end, page, file, flags] = await Promise.all(['vm_start', 'vm_end', 'vm_pgoff', 'vm_file', 'vm_flags'].map(field));
  const path = file === 0n ? undefined : await pathOf(memory, file!);
  return { start: start!, end: end!, fileOffset: page! << PAGE_SHIFT, path, isCode: (flags! & VM_EXEC) !== 0n };
}

/** Through the dentries up to the root of its file system; mounts are not crossed. */
async function pathOf(memory: KernelMemory, file: bigint): Promise<string> {
  let path = '';
  let dentry = await memory.read(file, memory.field('file', 'f_path.dentry'));
  for (let i = 0; i < MOST_FOLDERS && dentry !== 0n; i++) {
    const parent = await memory.read(dentry, memory.field('dentry', 'd_parent'));
    if (parent === dentry) break;
    path = `/${await memory.text(await memory.read(dentry, memory.field('dentry', 'd_name.name')))}${path}`;
    dentry = parent;
  }
  return path === '' ? '/' : path;
}

async function* areas(memory: KernelMemory, mm: bigint): AsyncGenerator<bigint> {
  const layout = memory.layout('mm_struct');
  const tree = layout.field('mm_mt.ma_root');
  if (tree) {
    const root = await memory.read(mm, tree);
    if ((root & 3n) === 2n && root > LEAST_NODE) yield* entries(memory, root, (1n << 64n) - 1n);
    return;
  }
  const next = memory.field('vm_area_struct', 'vm_next');
  let vma = await memory.read(mm, memory.field('mm_struct', 'mmap'));
  for (let i = 0; vma !== 0n && i < MOST_MAPPINGS; i++) {
    yield vma;
    vma = await memory.read(vma, next);
  }
}

/** The entries of a node and of those below; `most`: the last index it covers. */
async function* entries(memory: KernelMemory, encoded: bigint, most: bigint): AsyncGenerator<bigint> {
  const node = encoded & ~NODE_MASK;
  const kind = (encoded >> KIND_SHIFT) & 15n;
  const structure = kind === ARANGE_64 ? 'maple_arange_64' : 'maple_range_64';
  const [pivots, slots] = [memory.field(structure, 'pivot'), memory.field(structure, 'slot')];
  const count = slots.size / 8;
  for (let i = 0; i < count; i++) {
    const pivot = i < pivots.size / 8 ? await memory.number(node + BigInt(pivots.offset + 8 * i)) : most;
    const isLast = pivot === most || (i > 0 && pivot === 0n);
    const entry = await memory.number(node + BigInt(slots.offset + 8 * i));
    if (kind > LEAF_64) yield* entries(memory, entry, isLast ? most : pivot);
    else if (entry > LEAST_NODE) yield entry;
    if (isLast) return;
  }
}
