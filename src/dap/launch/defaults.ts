// What a launch means where launch.json or the command line says nothing, and how much of everything there can be.

export const LAUNCH_DEFAULTS = {
  boot: 'auto',
  append: '',
  memory: '256M',
  vcpus: 1,
  pcpus: 1,
  machine: 'minimal',
  consoleDevice: 'both',
  hypervisor: 'kvm',
  model: 'hw',
  cpu: 'default',
  pace: 'realtime',
  seed: 1,
  /** Of a neighbour's demand. */
  period: '10ms',
} as const;

export const LAUNCH_LIMITS = { vcpus: 16, pcpus: 64 } as const;
