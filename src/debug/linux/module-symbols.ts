// Symbols of modules come and go with the modules: read when the kernel is about to run a module's init function, dropped when it frees the module.
import type { Disposable } from '../../base/disposable';
import { FileByteSource } from '../../symbols/file-source';
import { unpackedSource } from '../../symbols/packed-file';
import { SymbolFile } from '../../symbols/symbol-file';
import type { Debugger } from '../debugger';
import type { VcpuStop } from '../frames/vcpu-stop';
import type { KernelFile } from './kernel-file';
import { KernelMemory } from './kernel-memory';
import type { ModuleFiles } from './module-files';
import { moduleSections, readModule, readModules } from './modules';

interface Loaded {
  readonly name: string;
  readonly file: SymbolFile;
}

export class ModuleSymbols implements Disposable {
  /** By address of struct module. */
  private readonly loaded = new Map<bigint, Loaded>();
  private readonly watching: Disposable[] = [];
  private readonly missing = new Set<string>();

  constructor(
    private readonly debug: Debugger,
    private readonly kernel: KernelFile,
    private readonly files: ModuleFiles,
    private readonly sourceMap: Readonly<Record<string, string>>,
    private readonly changed: () => void,
  ) {}

  /** When the kernel's place is known. */
  start(): void {
    this.dispose();
    const at = (name: string, reached: (stop: VcpuStop) => Promise<void>): void => {
      const [found] = this.kernel.file.functionsByName(name);
      if (found) this.watching.push(this.debug.watch([{ where: { kind: 'linear', address: found.lowAddress } }], reached));
    };
    // do_init_module(struct module *mod) runs the init function; free_module(struct module *mod) gives the memory back.
    at('do_init_module', (stop) => this.comes(stop, stop.value('rdi')));
    at('free_module', (stop) => this.goes(stop.value('rdi')));
  }

  dispose(): void {
    for (const each of this.watching.splice(0)) each.dispose();
  }

  /** Of a module by its name. */
  fileOf(name: string): string | undefined {
    return [...this.loaded.values()].find((each) => each.name === name)?.file.name;
  }

  /** All that are loaded already, for a debugger that comes late. */
  async catchUp(memory: KernelMemory): Promise<void> {
    for (const { address, state } of await readModules(memory)) if (state === 'live') await this.load(memory, address);
  }

  private async comes(stop: VcpuStop, module: bigint): Promise<void> {
    if (!(await this.load(await KernelMemory.of(stop, this.kernel), module))) return;
    this.changed();
    await this.debug.resolve(this.debug.breakpoints.all);
  }

  private async goes(module: bigint): Promise<void> {
    const known = this.loaded.get(module);
    if (!known) return;
    this.loaded.delete(module);
    this.debug.symbols.remove(known.file);
    this.changed();
    await this.debug.resolve(this.debug.breakpoints.all);
  }

  private async load(memory: KernelMemory, address: bigint): Promise<boolean> {
    if (this.loaded.has(address)) return false;
    const { name } = await readModule(memory, address);
    const path = this.files.find(name);
    if (path === undefined) {
      if (!this.missing.has(name))
        this.tell(
          `Linux loads the module ${name}, whose file is in none of the folders looked through: name its folder in "moduleFolders".`,
        );
      this.missing.add(name);
      return false;
    }
    try {
      const sectionAddresses = await moduleSections(memory, address);
      const file = SymbolFile.open({ source: unpackedSource(FileByteSource.open(path)), sectionAddresses, sourceMap: this.sourceMap });
      this.debug.symbols.add(file);
      this.loaded.set(address, { name, file });
      return true;
    } catch (error) {
      this.tell(`The symbols of module ${name} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }

  private tell(text: string): void {
    this.debug.onEvent({ kind: 'message', severity: 'warning', text });
  }
}
