// Symbols of the programs in a Linux guest: they come when a process maps the program, and are moved to where the process at hand has it.
import type { Disposable } from '../../base/disposable';
import { UserError } from '../../base/user-error';
import type { SymbolFile } from '../../symbols/symbol-file';
import type { Debugger } from '../debugger';
import type { KernelFile } from './kernel-file';
import { KernelMemory } from './kernel-memory';
import { linuxErrors } from './linux-errors';
import { type Mapping, mappings, mmOf, readMapping } from './mappings';
import { currentTask, readTask } from './tasks';
import type { UserFiles } from './user-files';

const PT_LOAD = 1;
const PAGE_MASK = 0xfffn;
/** An ELF header and as many program headers as lie in its first page anyway. */
const COMPARED_BYTES = 0x200;
const TYPE_AT = 16;
const ET_EXEC = 2;

export class UserPrograms implements Disposable {
  private readonly watching: Disposable[] = [];
  private readonly added = new Set<SymbolFile>();
  private readonly told = new Set<string>();

  constructor(
    private readonly debug: Debugger,
    private readonly kernel: KernelFile,
    private readonly files: UserFiles,
    private readonly changed: () => void,
  ) {}

  /** When the kernel's place is known. perf_event_mmap(struct vm_area_struct *vma) is told of every new mapping, of exec and mmap. */
  start(): void {
    this.dispose();
    const [found] = this.files.isEmpty ? [] : this.kernel.file.functionsByName('perf_event_mmap');
    if (found)
      this.watching.push(
        this.debug.watch([{ where: { kind: 'linear', address: found.lowAddress } }], async (stop) => {
          const memory = await KernelMemory.of(stop, this.kernel);
          await this.use(memory, [await readMapping(memory, stop.value('rdi'))]);
        }),
      );
  }

  dispose(): void {
    for (const each of this.watching.splice(0)) each.dispose();
  }

  /** Moves the programs of the process at hand to where it has them. */
  async lookAt(memory: KernelMemory): Promise<void> {
    if (!this.files.isEmpty) await this.use(memory, await this.ofCurrent(memory));
  }

  /** The code at a user address is the one of the symbols that cover it, in the process at hand. */
  async owns(memory: KernelMemory, address: bigint): Promise<boolean> {
    const file = this.debug.symbols.fileAt(address);
    if (!file || file === this.kernel.file) return true;
    const mapping = (await this.ofCurrent(memory)).find(({ start, end }) => address >= start && address < end);
    return mapping?.path !== undefined && this.files.find(mapping.path) === file;
  }

  /** "busybox 0x401000", "libc.so.6+0x1234": a program's own address, or one counted from where the file is mapped. */
  async describe(memory: KernelMemory, address: bigint): Promise<string | undefined> {
    const all = await this.ofCurrent(memory);
    const mapping = all.find(({ start, end }) => address >= start && address < end);
    if (mapping?.path === undefined) return undefined;
    const name = mapping.path.slice(mapping.path.lastIndexOf('/') + 1);
    const base = all.find(({ path }) => path === mapping.path) ?? mapping;
    const header = await memory.bytes(base.start, TYPE_AT + 2);
    const isPlaced = header !== undefined && header[TYPE_AT] === ET_EXEC;
    return isPlaced ? `${name} 0x${address.toString(16)}` : `${name}+0x${(address - base.start + base.fileOffset).toString(16)}`;
  }

  private async ofCurrent(memory: KernelMemory): Promise<Mapping[]> {
    const mm = await mmOf(memory, (await readTask(memory, await currentTask(memory))).address);
    return mm === 0n ? [] : mappings(memory, mm);
  }

  private async use(memory: KernelMemory, maps: readonly Mapping[]): Promise<void> {
    const moved: SymbolFile[] = [];
    for (const mapping of maps) {
      if (!mapping.isCode || mapping.path === undefined) continue;
      const file = this.files.find(mapping.path);
      if (file instanceof UserError) this.tell(mapping.path, file.message);
      if (!file || file instanceof UserError) continue;
      const slide = slideOf(file, mapping);
      const isNew = !this.added.has(file);
      if (slide === undefined || (!isNew && slide === file.slide)) continue;
      if (!(await this.isSame(memory, file, mapping, maps))) {
        this.tell(mapping.path, linuxErrors.otherProgram(file.name, mapping.path).message);
        continue;
      }
      file.slide = slide;
      this.added.add(file);
      if (!this.debug.symbols.all.includes(file)) this.debug.symbols.add(file);
      moved.push(file);
    }
    if (moved.length === 0) return;
    this.changed();
    await this.debug.resolve(this.debug.breakpoints.all);
  }

  /** The header of the file against the one that is mapped; what is not there to be read is taken for the same. */
  private async isSame(memory: KernelMemory, file: SymbolFile, mapping: Mapping, maps: readonly Mapping[]): Promise<boolean> {
    const first = maps.find(({ path, fileOffset }) => path === mapping.path && fileOffset === 0n);
    const seen = first && (await memory.bytes(first.start, COMPARED_BYTES));
    const own = file.elf.source.read(0, COMPARED_BYTES);
    return !seen || own.every((byte, i) => seen[i] === byte || isOfSections(i));
  }

  private tell(path: string, text: string): void {
    if (this.told.has(path)) return;
    this.told.add(path);
    this.debug.onEvent({ kind: 'message', severity: 'warning', text });
  }
}

/** e_shoff, e_shnum and e_shstrndx change when a program is stripped. */
const isOfSections = (at: number): boolean => (at >= 0x28 && at < 0x30) || (at >= 0x3c && at < 0x40);

/** Guest address minus the file's, for the segment that a mapping is of. */
function slideOf(file: SymbolFile, { start, fileOffset }: Mapping): bigint | undefined {
  for (const { type, offset, vaddr, fileSize } of file.elf.segments) {
    const from = BigInt(offset) & ~PAGE_MASK;
    if (type !== PT_LOAD || fileOffset < from || fileOffset >= BigInt(offset + fileSize)) continue;
    return BigInt.asUintN(64, start - ((vaddr & ~PAGE_MASK) + fileOffset - from));
  }
  return undefined;
}
