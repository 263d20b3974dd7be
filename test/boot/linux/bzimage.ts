// A bzImage made field by field (Documentation/arch/x86/boot.rst): one setup sector, a protected-mode part, a payload in it.
import { MIB } from '../images';

export const KERNEL_OFFSET = 0x400;
export const PAYLOAD_AT = 0x40;

export interface BzImageOptions {
  readonly version?: number;
  readonly loadFlags?: number;
  readonly xloadFlags?: number;
  readonly relocatable?: boolean;
  readonly prefAddress?: number;
  readonly initSize?: number;
  readonly initrdMax?: number;
  readonly commandLineMost?: number;
  readonly payload?: Uint8Array;
  readonly kernelSize?: number;
}

export function bzImage(options: BzImageOptions = {}): Uint8Array {
  const { payload = new Uint8Array(0), kernelSize = Math.max(0x1000, PAYLOAD_AT + payload.length) } = options;
  const file = new Uint8Array(KERNEL_OFFSET + kernelSize).fill(0x90, KERNEL_OFFSET);
  const view = new DataView(file.buffer);
  file[0x1f1] = 1;
  view.setUint16(0x1fe, 0xaa55, true);
  file[0x200] = 0xeb;
  file[0x201] = 0x66;
  view.setUint32(0x202, 0x53726448, true);
  view.setUint16(0x206, options.version ?? 0x20f, true);
  file[0x211] = options.loadFlags ?? 1;
  view.setUint32(0x214, 0x100000, true);
  view.setUint32(0x22c, options.initrdMax ?? 0x7fffffff, true);
  file[0x234] = (options.relocatable ?? true) ? 1 : 0;
  view.setUint16(0x236, options.xloadFlags ?? 1, true);
  view.setUint32(0x238, options.commandLineMost ?? 2047, true);
  view.setUint32(0x248, PAYLOAD_AT, true);
  view.setUint32(0x24c, payload.length, true);
  view.setBigUint64(0x258, BigInt(options.prefAddress ?? 16 * MIB), true);
  view.setUint32(0x260, options.initSize ?? 4 * MIB, true);
  file.set(payload, KERNEL_OFFSET + PAYLOAD_AT);
  return file;
}
