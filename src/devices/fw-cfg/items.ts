// What fw_cfg tells (QEMU docs/specs/fw_cfg.rst and include/standard-headers/linux/qemu_fw_cfg.h): an item by its number, files from 0x20 on.

export const FW_CFG = {
  signature: 0x00,
  id: 0x01,
  uuid: 0x02,
  ramSize: 0x03,
  noGraphic: 0x04,
  cpuCount: 0x05,
  kernelSize: 0x08,
  kernelCommandLine: 0x09,
  initrdAddress: 0x0a,
  initrdSize: 0x0b,
  bootDevice: 0x0c,
  maxCpus: 0x0f,
  initrdData: 0x12,
  commandLineSize: 0x14,
  commandLineData: 0x15,
  fileDirectory: 0x19,
  fileFirst: 0x20,
  e820Table: 0x8003,
} as const;
/** Traditional and DMA interface. */
const ID_TRADITIONAL_AND_DMA = 3;
const FILE_NAME_SIZE = 56;
const FILE_ENTRY_SIZE = 64;
const E820_ENTRY_SIZE = 20;

export interface FwCfgFile {
  /** "opt/org.example/name" */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface E820Range {
  readonly startGpa: number;
  readonly endGpa: number;
  /** 1 RAM, 2 reserved (ACPI 6.5, 15.1). */
  readonly type: number;
}

/** What the machine says of itself. */
export interface FwCfgMachine {
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly maxCpus: number;
  readonly commandLine: string;
  readonly initrd: Uint8Array | undefined;
  readonly memoryMap: readonly E820Range[];
  readonly files: readonly FwCfgFile[];
}

const utf8 = new TextEncoder();

function little(size: 2 | 4 | 8, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes.subarray(0, size);
}

function e820(ranges: readonly E820Range[]): Uint8Array {
  const bytes = new Uint8Array(ranges.length * E820_ENTRY_SIZE);
  const view = new DataView(bytes.buffer);
  ranges.forEach(({ startGpa, endGpa, type }, index) => {
    const at = index * E820_ENTRY_SIZE;
    view.setBigUint64(at, BigInt(startGpa), true);
    view.setBigUint64(at + 8, BigInt(endGpa - startGpa), true);
    view.setUint32(at + 16, type, true);
  });
  return bytes;
}

/** Big-endian: the number of files, then size, number and name of each. */
function directory(files: readonly FwCfgFile[]): Uint8Array {
  const bytes = new Uint8Array(4 + files.length * FILE_ENTRY_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, files.length);
  files.forEach(({ name, bytes: { length } }, index) => {
    const at = 4 + index * FILE_ENTRY_SIZE;
    view.setUint32(at, length);
    view.setUint16(at + 4, FW_CFG.fileFirst + index);
    bytes.set(utf8.encode(name).subarray(0, FILE_NAME_SIZE - 1), at + 8);
  });
  return bytes;
}

export function fwCfgItems(machine: FwCfgMachine): ReadonlyMap<number, Uint8Array> {
  const commandLine = utf8.encode(`${machine.commandLine}\0`);
  const map = e820(machine.memoryMap);
  const files = [{ name: 'etc/e820', bytes: map }, ...machine.files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map<number, Uint8Array>([
    [FW_CFG.signature, utf8.encode('QEMU')],
    [FW_CFG.id, little(4, ID_TRADITIONAL_AND_DMA)],
    [FW_CFG.uuid, new Uint8Array(16)],
    [FW_CFG.ramSize, little(8, machine.memoryBytes)],
    [FW_CFG.noGraphic, little(2, 0)],
    [FW_CFG.cpuCount, little(2, machine.cpus)],
    [FW_CFG.kernelSize, little(4, 0)],
    [FW_CFG.kernelCommandLine, commandLine],
    [FW_CFG.initrdAddress, little(4, 0)],
    [FW_CFG.initrdSize, little(4, machine.initrd?.length ?? 0)],
    [FW_CFG.bootDevice, little(2, 0)],
    [FW_CFG.maxCpus, little(2, machine.maxCpus)],
    [FW_CFG.initrdData, machine.initrd ?? new Uint8Array(0)],
    [FW_CFG.commandLineSize, little(4, commandLine.length)],
    [FW_CFG.commandLineData, commandLine],
    [FW_CFG.fileDirectory, directory(files)],
    [FW_CFG.e820Table, map],
    ...files.map(({ bytes }, index): [number, Uint8Array] => [FW_CFG.fileFirst + index, bytes]),
  ]);
}
