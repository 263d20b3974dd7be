// Where the running kernel lies (KASLR), and whether it is the one of the vmlinux: its notes, with the build-id, are looked for in guest memory.
import { KASLR_STEP, KERNEL_MAP, KERNEL_RANGE, type KernelFile } from './kernel-file';

/** As many bytes as are readable from the start. */
export type ReadMemory = (address: bigint, length: number) => Promise<Uint8Array>;

export type Located =
  | { readonly kind: 'found'; readonly slide: bigint }
  /** A kernel is there, of another build; its build-id where it has one. */
  | { readonly kind: 'other'; readonly buildId: string | undefined }
  /** No kernel is mapped. */
  | { readonly kind: 'none' };

/** Addresses asked at once. */
const AT_ONCE = 64;
/** An ELF note: name size 4, 20 bytes, NT_GNU_BUILD_ID, "GNU". */
const GNU_NOTE = Uint8Array.of(4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 0x47, 0x4e, 0x55, 0);
const BUILD_ID_BYTES = 20;
const CHUNK = 0x1_0000;
/** Text and read-only data of any kernel. */
const MOST_IMAGE = 0x600_0000n;

export async function locateKernel(kernel: KernelFile, read: ReadMemory, likely: readonly bigint[] = []): Promise<Located> {
  const { notes } = kernel;
  const isAt = async (slide: bigint): Promise<boolean> => {
    const bytes = await read(notes.address + slide, notes.bytes.length);
    return bytes.length === notes.bytes.length && bytes.every((byte, i) => byte === notes.bytes[i]);
  };
  for (const slide of likely) if (await isAt(slide)) return { kind: 'found', slide };
  const linked = notes.address - KERNEL_MAP;
  const slides: bigint[] = [];
  for (let place = linked % KASLR_STEP; place < KERNEL_RANGE; place += KASLR_STEP) slides.push(place - linked);
  const mapped: bigint[] = [];
  for (let i = 0; i < slides.length; i += AT_ONCE) {
    const some = slides.slice(i, i + AT_ONCE);
    const answers = await Promise.all(
      some.map(async (slide) => ({ slide, is: await isAt(slide), page: await read(notes.address + slide, 1) })),
    );
    for (const { slide, is, page } of answers) {
      if (is) return { kind: 'found', slide };
      if (page.length > 0) mapped.push(notes.address + slide);
    }
  }
  const [first] = mapped;
  return first === undefined ? { kind: 'none' } : { kind: 'other', buildId: await foundBuildId(first - (first % KASLR_STEP), read) };
}

/** Of the kernel that is mapped from an address on. */
async function foundBuildId(start: bigint, read: ReadMemory): Promise<string | undefined> {
  let tail = new Uint8Array(0);
  for (let at = start; at < start + MOST_IMAGE; at += BigInt(CHUNK)) {
    const bytes = await read(at, CHUNK);
    if (bytes.length === 0) {
      tail = new Uint8Array(0);
      continue;
    }
    const all = new Uint8Array(tail.length + bytes.length);
    all.set(tail);
    all.set(bytes, tail.length);
    const found = indexOf(all, GNU_NOTE);
    if (found >= 0 && found + GNU_NOTE.length + BUILD_ID_BYTES <= all.length)
      return hex(all.subarray(found + GNU_NOTE.length, found + GNU_NOTE.length + BUILD_ID_BYTES));
    tail = all.slice(-(GNU_NOTE.length + BUILD_ID_BYTES));
  }
  return undefined;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = bytes.indexOf(wanted[0]!); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1))
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
