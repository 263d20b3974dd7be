// What a launch means where launch.json or the command line says nothing, and how much of everything there can be. Both read it here, and the schema in
// package.json is compared with it.

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
  cpu: 'max',
  pace: 'realtime',
  /** A script waits for nothing. */
  paceOnCommandLine: 'fast',
  /** A loop runs many times as fast when it is compiled; a Linux boot takes some percent longer. */
  tier: 'auto',
  seed: 1,
  /** Of 128 bytes each; only what has been written takes memory. */
  traceEvents: 2 ** 20,
  stopHolds: 'host',
  heldClock: 'stops',
  history: '256M',
  inThePast: 'ask',
  onReset: 'stop',
  rtcBaseUnixSeconds: 0,
  /** Of a neighbour's demand. */
  period: '10ms',
  neighbour: { absolute: false, pcpu: 0 },
  /** Of vCPUs and of neighbours. */
  weight: 1024,
} as const;

export const LAUNCH_LIMITS = {
  vcpus: 16,
  pcpus: 64,
  memoryLeast: 2 ** 20,
  traceEventsLeast: 2 ** 10,
  traceEvents: 2 ** 23,
  /** wasm32's address space less what the engine keeps for itself. */
  memory: 3.5 * 2 ** 30,
} as const;
