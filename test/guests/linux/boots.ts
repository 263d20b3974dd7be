// Boots of Debian's Linux to power-off, as rows, and what the console must and must not show of each.
import assert from 'node:assert/strict';
import { type Outcome, runGuest } from '../../support/cli';
import type { LinuxGuest } from './packages';
import { vmlinuxOf } from './vmlinux';

export interface Boot {
  readonly machine: 'minimal' | 'pc';
  readonly hypervisor: 'kvm' | 'xen' | 'none';
  readonly vcpus: number;
  /** As many as vCPUs where it is not said. */
  readonly pcpus?: number;
  readonly cpu: string;
  /** "fast": unpacked by the loader; "vmlinux": the ELF file that is inside, by PVH; the others: the bzImage unpacks itself. */
  readonly entry: 'fast' | 'vmlinux' | 'linux' | 'linux32';
  /** More of the command line. */
  readonly append?: string;
  /** How it ends: power-off. */
  readonly end?: 'power-off' | 'reset';
}

const TIMEOUT_MS = 900_000;
const commandLine = ({ hypervisor }: Boot): string => `console=${hypervisor === 'xen' ? 'hvc0' : 'ttyS0'} cryptomgr.notests`;

export const bootName = ({ machine, hypervisor, vcpus, cpu, entry, append = '' }: Boot): string =>
  `${entry}, ${machine}, ${hypervisor}, ${vcpus} vCPU${vcpus === 1 ? '' : 's'}, ${cpu}${append && `, ${append}`}`;

const HOW: Readonly<Record<Boot['entry'], readonly string[]>> = {
  fast: ['--fast-boot'],
  vmlinux: ['--boot', 'pvh'],
  linux: ['--boot', 'linux'],
  linux32: ['--boot', 'linux32'],
};

/** The image and the options of `run`. */
export function runArguments(guest: LinuxGuest, boot: Boot): [string, ...string[]] {
  const { machine, hypervisor, vcpus, pcpus = vcpus, cpu, entry, append = '' } = boot;
  const vm = ['--machine', machine, '--hypervisor', hypervisor, '--vcpus', `${vcpus}`, '--pcpus', `${pcpus}`, '--cpu', cpu];
  const image = ['--initrd', guest.initrd, '--append', `${commandLine(boot)} ${append}`.trim()];
  return [entry === 'vmlinux' ? vmlinuxOf(guest) : guest.kernel, ...HOW[entry], ...vm, ...image];
}

export function bootLinux(guest: LinuxGuest, boot: Boot, ...more: string[]): Outcome {
  return bootTyping(guest, boot, '', ...more);
}

/** With what is typed on the serial console from the start on. */
export function bootTyping(guest: LinuxGuest, boot: Boot, input: string, ...more: string[]): Outcome {
  const [image, ...options] = runArguments(guest, boot);
  return runGuest(image, [...options, ...more], { input, timeoutMs: TIMEOUT_MS });
}

interface Expectation {
  readonly of: (boot: Boot) => boolean;
  readonly lines: readonly RegExp[];
}

const always = () => true;
const isXen = ({ hypervisor }: Boot): boolean => hypervisor === 'xen';
const isKvm = ({ hypervisor }: Boot): boolean => hypervisor === 'kvm';

const EXPECTED: readonly Expectation[] = [
  {
    of: always,
    lines: [
      /Linux version 6\.\S+-amd64/,
      /Command line: console=ttyS0 cryptomgr\.notests/,
      /BIOS-e820: \[mem 0x0000000000100000-0x0*fffffff\] usable/,
      /RAMDISK: \[mem 0x/,
      /ACPI: Using ACPI \(MADT\) for SMP configuration information/,
      /ACPI: Using IOAPIC for interrupt routing/,
      /ttyS0 at I\/O 0x3f8 \(irq = 4, base_baud = 115200\) is a 16550A/,
      /rtc_cmos \S+: registered as rtc0/,
      /GUEST: INIT/,
      /GUEST: DONE/,
    ],
  },
  { of: ({ vcpus }) => vcpus > 1, lines: [/smp: Brought up 1 node, \d+ CPUs/] },
  {
    of: isKvm,
    lines: [/Hypervisor detected: KVM/, /Booting paravirtualized kernel on KVM/, /GUEST: current_clocksource kvm-clock/],
  },
  {
    of: (boot) => isKvm(boot) && boot.vcpus > 1,
    lines: [/KVM setup pv remote TLB flush/, /setup PV IPIs/, /PV spinlocks enabled/, /setup PV sched yield/, /GUEST: irq +TLB: +(0 +)+/],
  },
  {
    of: isXen,
    lines: [
      /Hypervisor detected: Xen HVM/,
      /Xen version 4\.17/,
      /xen:events: Using FIFO-based ABI/,
      /xen:events: Xen HVM callback vector for event delivery is enabled/,
      /xen:grant_table: Grant tables using version 1 layout/,
      /installing Xen timer for CPU 0/,
      /GUEST: current_clocksource xen/,
    ],
  },
  { of: (boot) => isXen(boot) && boot.entry === 'fast', lines: [/Booting kernel on Xen PVH/] },
  { of: (boot) => isXen(boot) && boot.entry !== 'fast', lines: [/Booting paravirtualized kernel on Xen HVM/] },
  {
    of: ({ hypervisor }) => hypervisor === 'none',
    lines: [/Booting paravirtualized kernel on bare hardware/, /GUEST: current_clocksource tsc/],
  },
  {
    of: ({ machine }) => machine === 'pc',
    lines: [
      /ACPI: PCI Root Bridge \[PCI0\]/,
      /available_clocksource .*hpet acpi_pm/,
      /hpet0: 3 comparators/,
      /serio: i8042 KBD port at 0x60,0x64 irq 1/,
    ],
  },
  { of: ({ end }) => end !== 'reset', lines: [/reboot: Power down/] },
];
/** Of the kernel being unhappy with its machine. */
const UNEXPECTED =
  /Kernel panic|Oops|BUG:|WARNING: CPU|Call Trace|ACPI (BIOS )?Error|unchecked MSR|Marking TSC unstable|clocksource: Long readout|invalid opcode|general protection|soft lockup|hung_task/;

export function checkBoot(boot: Boot, { status, stdout, stderr, stats }: Outcome): void {
  const console = stdout.slice(-3000);
  assert.equal(stats.exit.reason, boot.end ?? 'power-off', `${stderr}\n${console}`);
  assert.equal(status, 0);
  const bad = UNEXPECTED.exec(stdout);
  assert.equal(bad, null, bad === null ? '' : stdout.slice(Math.max(0, bad.index - 500), bad.index + 1500));
  for (const { of, lines } of EXPECTED) if (of(boot)) for (const line of lines) assert.match(stdout, line, console);
  assert.match(stdout, new RegExp(`GUEST: cpus ${boot.vcpus}\\n`));
}
