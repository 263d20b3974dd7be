// Guests that use up virtual time quickly: PAUSE takes 100 ns of it. 32-bit code for a PVH image.
import { pvhImage } from '../../../src/cli/self-check/pvh-image';
import type { HostConfig, VmConfig } from '../../../src/machine/control/types';
import { hostConfig } from '../fake-host';

const PAUSE = [0xf3, 0x90];
const CPUID = [0x0f, 0xa2];

/** Never ends: `pauses` of PAUSE, then `exits` of CPUID, and again. */
export function busyImage(pauses: number, exits: number): VmConfig['image'] {
  const body = [...Array.from({ length: pauses }, () => PAUSE), ...Array.from({ length: exits }, () => CPUID)].flat();
  const back = -(body.length + 5);
  const jump = [0xe9, back & 0xff, (back >> 8) & 0xff, (back >> 16) & 0xff, (back >>> 24) & 0xff];
  return { path: 'busy.elf', bytes: pvhImage(Uint8Array.from([...body, ...jump])) };
}

/** Ends itself by isa-debug-exit with `value`, after so many times 1000 PAUSE. */
export function endingImage(thousands: number, value: number): VmConfig['image'] {
  const outer = [0xb9, 0xe8, 0x03, 0, 0]; // mov ecx, 1000
  const inner = [...PAUSE, 0x49, 0x75, 0x100 - 5]; // pause; dec ecx; jnz
  const loop = [...outer, ...inner, 0x4b]; // dec ebx
  const code = [
    ...[0xbb, thousands & 0xff, thousands >> 8, 0, 0],
    ...[0xb8, 0x21, 0, 0, 0, 0xba, 0xf8, 0x03, 0, 0, 0xee], // '!' to COM1
    ...loop,
    ...[0x75, 0x100 - loop.length - 2],
    ...[0xb0, value, 0xe6, 0xf4],
    ...[0xf4, 0xeb, 0xfd],
  ];
  return { path: 'ending.elf', bytes: pvhImage(Uint8Array.from(code)) };
}

/** Several VMs of 1 MiB beside each other. */
export function severalVms(vms: readonly (Partial<VmConfig> & { image: VmConfig['image'] })[], host: Partial<HostConfig> = {}): HostConfig {
  const all = vms.map((vm, index) => hostConfig({ name: `vm${index}`, memory: 2 << 20, maxMemory: 2 << 20, ...vm }).vms[0]!);
  return { ...hostConfig({}, host), vms: all };
}
