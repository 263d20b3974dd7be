// The modules a Linux guest has loaded: struct module (include/linux/module.h), and where each put its sections.
import type { KernelMemory } from './kernel-memory';
import type { Field } from './layout';

export interface LinuxModule {
  /** Of its struct module. */
  readonly address: bigint;
  readonly name: string;
  readonly base: bigint;
  readonly size: number;
  readonly state: string;
}

/** enum module_state. */
const STATES = ['live', 'coming', 'going', 'unformed'];
const NAME_BYTES = 64;
const MOST_SECTIONS = 1024;

export async function readModule(memory: KernelMemory, address: bigint): Promise<LinuxModule> {
  const field = (...paths: string[]): Promise<bigint> => memory.read(address, memory.field('module', ...paths));
  const [state, base, size] = await Promise.all([
    field('state'),
    memory.read(address, part(memory, 'base')),
    memory.read(address, part(memory, 'size')),
  ]);
  const name = await memory.text(address + BigInt(memory.field('module', 'name').offset), NAME_BYTES);
  return { address, name, base, size: Number(BigInt.asUintN(32, size)), state: STATES[Number(state)] ?? 'unknown' };
}

/** struct module's core_layout, or from 6.4 on its mem[], whose first is the text. */
function part(memory: KernelMemory, name: 'base' | 'size'): Field {
  const core = memory.layout('module').field(`core_layout.${name}`);
  if (core) return core;
  const inside = memory.field('module_memory', name);
  return { ...inside, offset: memory.field('module', 'mem').offset + inside.offset };
}

export async function readModules(memory: KernelMemory): Promise<LinuxModule[]> {
  const offset = memory.field('module', 'list').offset;
  const modules: LinuxModule[] = [];
  for await (const address of memory.list(memory.symbol('modules'), offset)) modules.push(await readModule(memory, address));
  return modules;
}

/** Name → address of each section, as the kernel keeps them for /sys/module/NAME/sections. */
export async function moduleSections(memory: KernelMemory, module: bigint): Promise<Map<string, bigint>> {
  const sections = new Map<string, bigint>();
  const attributes = await memory.read(module, memory.field('module', 'sect_attrs'));
  if (attributes === 0n) return sections;
  const count = Math.min(MOST_SECTIONS, Number(await memory.read(attributes, memory.field('module_sect_attrs', 'nsections'))));
  const first = attributes + BigInt(memory.field('module_sect_attrs', 'attrs').offset);
  const size = BigInt(memory.layout('module_sect_attr').size);
  const nameAt = memory.field('module_sect_attr', 'battr.attr.name');
  const addressAt = memory.field('module_sect_attr', 'address');
  for (let i = 0n; i < count; i++) {
    const entry = first + i * size;
    const name = await memory.text(await memory.read(entry, nameAt), 128);
    sections.set(name, await memory.read(entry, addressAt));
  }
  return sections;
}
