// A launch of a Linux bzImage: what its header says, what it lacks, and the build-id of the kernel packed inside.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LaunchArguments } from '../../protocol/launch';
import { FileByteSource } from '../../symbols/file-source';
import { configInside, missingOptions, parseConfig } from '../../symbols/linux-config';
import { type LinuxImage, linuxImage, linuxSourceMap, linuxSourcePlaces, packedBuildId } from '../../symbols/linux-image';
import type { SymbolFile } from '../../symbols/symbol-file';
import { LAUNCH_DEFAULTS } from './defaults';
import { formatSize, parseSize } from './values';

/** 64 MiB panic while the kernel unpacks its initramfs, 96 boot to user space. */
const LEAST_MEMORY = 96 * 2 ** 20;

export function linuxImageOf(path: string): LinuxImage | undefined {
  const source = FileByteSource.open(path);
  try {
    return linuxImage(source);
  } finally {
    source.dispose();
  }
}

export function linuxWarnings({ initrd, modules, append = '', memory = LAUNCH_DEFAULTS.memory }: LaunchArguments): string[] {
  const warnings: string[] = [];
  if (initrd === undefined && !modules?.length && !/(^|\s)root=/.test(append))
    warnings.push('There is no initrd: Linux will end in a panic when it looks for its root file system; set "initrd".');
  const bytes = parseSize(memory) ?? 0;
  if (bytes < LEAST_MEMORY)
    warnings.push(
      `${formatSize(bytes)} of memory is little for Linux, which may panic while it unpacks itself or its initrd: give it "memory": "128M" or more.`,
    );
  return warnings;
}

/** From Debian's build folders to the sources, where they are found. */
export function sourceMapOf(image: string, release: string): Readonly<Record<string, string>> {
  const root = linuxSourcePlaces(release, dirname(image)).find((path) => existsSync(join(path, 'init', 'main.c')));
  return root === undefined ? {} : linuxSourceMap(root);
}

/** From the config file beside the image, that of its build tree, or the kernel itself. */
export function missingFromConfig(launch: LaunchArguments, release: string, kernel: SymbolFile | undefined): string[] {
  const folder = dirname(launch.image);
  const places = [
    join(folder, `config-${release}`),
    join(folder, '.config'),
    join(folder, '..', '..', '..', '.config'),
    `/boot/config-${release}`,
  ];
  const found = places.find((path) => existsSync(path));
  const config = found === undefined ? kernel && configInside(kernel) : parseConfig(readFileSync(found, 'utf8'));
  if (!config) return [];
  return missingOptions(config, {
    pvh: launch.fastBoot === true || launch.boot === 'pvh',
    kvm: (launch.hypervisor ?? LAUNCH_DEFAULTS.hypervisor) === 'kvm',
    initrd: launch.initrd !== undefined,
    vcpus: launch.vcpus ?? LAUNCH_DEFAULTS.vcpus,
  });
}

/** `inside`: what the kernel itself could tell. */
export function noVmlinux(path: string, release: string, inside: SymbolFile | undefined): string {
  const debian = release === '' ? '' : ` On Debian the package linux-image-${release}-dbg has it.`;
  const named = 'name its vmlinux with debug information in "symbolFiles"';
  if (!inside) return `There are no symbols for ${path}: ${named}.${debian}`;
  const types = inside.typeByName('struct task_struct') ? '' : " and types (the kernel has no BTF, so that tasks and the log aren't shown)";
  return `${path}: functions have the names that the kernel itself keeps. For source lines and local variables${types}, ${named}.${debian}`;
}

/** Of the kernel that the image unpacks: read only to tell it in a message. */
export function buildIdInside(path: string): string | undefined {
  const source = FileByteSource.open(path);
  try {
    return packedBuildId(source);
  } finally {
    source.dispose();
  }
}
