// A kernel's configuration: from a config file, or from the kernel itself (CONFIG_IKCONFIG); and what this debugger and its machines want of it.

import { UserError } from '../base/user-error';
import { SHT_NOBITS } from '../formats/elf-constants';
import { unpack } from '../formats/unpack/unpack';
import type { SymbolFile } from './symbol-file';

/** "CONFIG_PVH" → "y"; what is not set is absent. */
export type KernelConfig = ReadonlyMap<string, string>;

interface Wish {
  /** Any of them will do. */
  readonly anyOf: readonly string[];
  /** Completes "without it …". */
  readonly without: string;
  readonly when?: (use: KernelUse) => boolean;
}

/** How the kernel is to be run. */
export interface KernelUse {
  readonly pvh: boolean;
  readonly kvm: boolean;
  readonly initrd: boolean;
  readonly vcpus: number;
}

const WISHES: readonly Wish[] = [
  {
    anyOf: ['CONFIG_DEBUG_INFO', 'CONFIG_DEBUG_INFO_DWARF5', 'CONFIG_DEBUG_INFO_DWARF4'],
    without: 'there are no lines, variables and types',
  },
  { anyOf: ['CONFIG_SERIAL_8250_CONSOLE'], without: 'console=ttyS0 shows nothing' },
  { anyOf: ['CONFIG_PVH'], without: 'it cannot be entered by PVH: leave fastBoot out and boot the bzImage', when: ({ pvh }) => pvh },
  { anyOf: ['CONFIG_KVM_GUEST'], without: "KVM's paravirtual interface is not used: set hypervisor to none", when: ({ kvm }) => kvm },
  { anyOf: ['CONFIG_BLK_DEV_INITRD'], without: 'the initrd is not looked at', when: ({ initrd }) => initrd },
  { anyOf: ['CONFIG_SMP'], without: 'only one vCPU is used', when: ({ vcpus }) => vcpus > 1 },
  { anyOf: ['CONFIG_UNWINDER_ORC', 'CONFIG_UNWINDER_FRAME_POINTER', 'CONFIG_FRAME_POINTER'], without: 'stacks end at interrupts' },
];

export function parseConfig(text: string): KernelConfig {
  const config = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^(CONFIG_\w+)=(.*)$/.exec(line.trim()) ?? [];
    if (name !== undefined && value !== undefined && value !== 'n') config.set(name, value.replace(/^"(.*)"$/, '$1'));
  }
  return config;
}

/** What is missing, one sentence each. */
export function missingOptions(config: KernelConfig, use: KernelUse): string[] {
  return WISHES.filter(({ anyOf, when }) => (when?.(use) ?? true) && !anyOf.some((name) => config.get(name) === 'y')).map(
    ({ anyOf: [name = ''], without }) => `The kernel is built without ${name}: ${without}.`,
  );
}

const START = 'IKCFG_ST';
const END = 'IKCFG_ED';

/** The configuration in a vmlinux; undefined: it has none. */
export function configInside(file: SymbolFile): KernelConfig | undefined {
  const at = file.symbolAddress('kernel_config_data');
  const linked = at === undefined ? undefined : at - file.slide;
  const section = file.elf.sections.find(
    ({ address, size, type }) => linked !== undefined && type !== SHT_NOBITS && linked >= address && linked < address + BigInt(size),
  );
  if (linked === undefined || !section) return undefined;
  // The symbol is behind the mark; both marks are eight letters.
  const offset = section.offset + Number(linked - section.address);
  const bytes = file.elf.source.read(offset - START.length, section.size - Number(linked - section.address) + START.length);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = text.indexOf(START, 0, 'latin1');
  const end = text.indexOf(END, 0, 'latin1');
  if (start < 0 || start > START.length || end < start) return undefined;
  try {
    const packed = new Uint8Array(text.subarray(start + START.length, end));
    return parseConfig(new TextDecoder().decode(unpack(file.name, packed).bytes));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
