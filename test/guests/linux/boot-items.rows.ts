// Everything that booting Linux comprises, item by item, and where each is proven: by tests of `npm test`, named by file and title, and by boots of `npm run test:linux`.
import type { Boot } from './boots';

export interface BootItem {
  readonly item: string;
  /** Files of tests and how a title in them begins. */
  readonly tests: readonly (readonly [file: string, title: string])[];
  /** Which boots of the matrix show it; undefined: none need to. */
  readonly boots?: (boot: Boot) => boolean;
}

const PLAN = 'test/boot/linux/linux.test.ts';
const ACPI = 'test/boot/acpi.test.ts';
const UNPACK = 'test/formats/unpack/unpack.test.ts';
const PC = 'test/devices/pc.test.ts';
const I8042 = 'test/devices/i8042.test.ts';

export const BOOT_ITEMS: readonly BootItem[] = [
  { item: '64-bit protocol, unpacked by the guest', tests: [[PLAN, '64-bit entry:']], boots: ({ entry }) => entry === 'linux' },
  { item: '32-bit protocol, unpacked by the guest', tests: [[PLAN, '32-bit entry:']], boots: ({ entry }) => entry === 'linux32' },
  { item: 'fast boot by PVH', tests: [[PLAN, 'the payload is unpacked and entered by PVH']], boots: ({ entry }) => entry === 'fast' },
  { item: 'fast boot: gzip', tests: [[UNPACK, 'gzip: ']] },
  { item: 'fast boot: xz, lz4, zstd', tests: [[UNPACK, '${tool} ']] },
  { item: 'ELF vmlinux by PVH', tests: [['test/boot/pvh.test.ts', 'an ${is64']], boots: ({ entry }) => entry === 'vmlinux' },
  { item: 'initrd', tests: [[PLAN, 'several modules are one initrd']], boots: () => true },
  { item: 'command line, E820', tests: [[PLAN, 'boot_params: ']], boots: () => true },
  { item: 'E820 and command line by PVH', tests: [['test/boot/pvh.test.ts', 'hvm_start_info version 1:']] },
  {
    item: 'what cannot boot is refused',
    tests: [
      [PLAN, 'what cannot boot is refused'],
      [PLAN, 'is refused where it cannot be'],
    ],
  },
  {
    item: 'too little memory, no initrd',
    tests: [
      ['test/dap/linux-launch.test.ts', 'says when memory is too little'],
      ['test/dap/linux-launch.test.ts', 'says when there is no initrd'],
    ],
  },
  {
    item: "ACPI tables from the machine's devices",
    tests: [
      [ACPI, '5.2.9 FADT'],
      [ACPI, '5.2.12 MADT'],
      [ACPI, 'the minimal machine:'],
    ],
    boots: () => true,
  },
  {
    item: 'machine minimal: local APIC, I/O APIC, 16550, PIT channel 2, RTC',
    tests: [['test/devices/pit.test.ts', 'mode 0 on counter 2:']],
    boots: ({ machine }) => machine === 'minimal',
  },
  {
    item: 'machine pc: PCI, HPET, PM timer, i8042',
    tests: [
      [PC, '2.3.9.2.2 periodic mode'],
      [I8042, 'a key is translated'],
    ],
    boots: ({ machine }) => machine === 'pc',
  },
  {
    item: 'power-off ends the run',
    tests: [
      [PC, '4.8.3.2 SLP_EN'],
      ['test/guests/linux/fast-boot.test.ts', 'bootName(boot)'],
    ],
    boots: ({ end }) => end === undefined,
  },
  {
    item: 'reset ends the run, by ACPI',
    tests: [[PC, 'the reset control register']],
    boots: ({ end, append }) => end === 'reset' && append === 'guest.reboot',
  },
  {
    item: 'reset by the keyboard controller',
    tests: [[I8042, 'a reset by pulse']],
    boots: ({ append }) => append === 'guest.reboot reboot=k',
  },
  { item: 'reset on machine minimal', tests: [], boots: ({ machine, end }) => machine === 'minimal' && end === 'reset' },
  { item: 'several vCPUs, on both machines', tests: [], boots: ({ machine, vcpus }) => machine === 'pc' && vcpus === 4 },
  { item: '16 vCPUs', tests: [], boots: ({ vcpus }) => vcpus === 16 },
  {
    item: 'KVM paravirt',
    tests: [['test/guests/linux/pv.test.ts', 'SEND_IPI, KICK_CPU, SCHED_YIELD']],
    boots: ({ hypervisor }) => hypervisor === 'kvm',
  },
  {
    item: 'no hypervisor',
    tests: [['test/guests/linux/fast-boot.test.ts', 'bootName(boot)']],
    boots: ({ hypervisor }) => hypervisor === 'none',
  },
];
