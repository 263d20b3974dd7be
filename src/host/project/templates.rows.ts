// What "New guest kernel project…" offers: the samples that are in the package, each with its prebuilt image.

export interface TemplateRow {
  /** In samples/. */
  readonly folder: string;
  readonly label: string;
  readonly detail: string;
  /** The file to open first. */
  readonly first: string;
}

export const TEMPLATES: readonly TemplateRow[] = [
  {
    folder: 'kvm-c',
    label: 'C kernel that knows KVM',
    detail: '64-bit C: paging, interrupts, several vCPUs, kvmclock, steal time, hypercalls, a prompt on the console',
    first: 'main.c',
  },
  {
    folder: 'xen-pvh-c',
    label: 'C guest of Xen (PVH)',
    detail: '64-bit C: hypercall page, event channels, run states, grant table, XenStore, the console ring',
    first: 'main.c',
  },
  {
    folder: 'ticket-lock-c',
    label: 'C guest with one contended lock',
    detail: '64-bit C: a ticket lock on up to 16 vCPUs, spinning or halted and kicked, and what preemption does to it',
    first: 'lock.c',
  },
  {
    folder: 'minimal-asm',
    label: 'The least a guest can be',
    detail: '32-bit assembly: PVH entry, serial port, one hypercall',
    first: 'minimal.S',
  },
];
