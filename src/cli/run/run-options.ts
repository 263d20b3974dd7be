// What a command line of `run` says, and what it says by default.
import { LAUNCH_DEFAULTS } from '../../dap/launch/defaults';
import { parseSize } from '../../dap/launch/values';
import { PROFILE_DEFAULTS } from '../../debug/profile/collector';
import { DEFAULT_POLICY } from '../../machine/control/policies';
import type { NeighbourConfig, PolicyName } from '../../machine/control/types';
import type { FwCfgOption, WantedPosition } from '../args/values';
import type { GuestText } from './guest-text';

export interface RunOptions {
  image: string;
  /** Of a VM among several. */
  name: string | undefined;
  weight: number;
  cap: number | undefined;
  vcpuCap: number | undefined;
  affinity: number[] | undefined;
  /** The serial port's output goes to this file. */
  serial: string | undefined;
  /** Further VMs, as texts of options. */
  guest: GuestText[];
  /** The VM whose console is shown and typed on; not given: all are shown. */
  consoleOf: string | undefined;
  policy: PolicyName;
  boot: 'auto' | 'pvh' | 'linux' | 'linux32' | 'multiboot' | 'multiboot2';
  fastBoot: boolean;
  initrd: string | undefined;
  modules: { path: string; args: string }[];
  append: string;
  memory: number;
  maxMemory: number | undefined;
  vcpus: number;
  maxVcpus: number | undefined;
  pcpus: number;
  neighbours: NeighbourConfig[];
  machine: 'minimal' | 'pc';
  consoleDevice: 'serial' | 'vga' | 'both';
  fwCfg: FwCfgOption[];
  hypervisor: 'kvm' | 'xen' | 'none';
  model: 'hw' | 'trap' | 'pv';
  costs: string | undefined;
  cpu: string;
  /** undefined: realtime for a person at a terminal, else fast. */
  pace: 'fast' | 'realtime' | undefined;
  tier: 'interpreter' | 'auto' | 'jit';
  rtcBase: number;
  seed: number;
  record: string | undefined;
  replay: string | undefined;
  saveAt: { at: WantedPosition; path: string }[];
  from: string | undefined;
  history: number | undefined;
  onReset: 'stop' | 'reboot';
  lostTicks: 'lost' | 'catch-up' | undefined;
  maxInstructions: number | undefined;
  until: string | undefined;
  trace: string | undefined;
  stats: string | undefined;
  regions: string | undefined;
  profile: string | undefined;
  profileEvery: { every: number; unit: 'ns' | 'instructions' };
  symbols: string[];
  help: boolean;
}

export function defaultRunOptions(): RunOptions {
  return {
    image: '',
    name: undefined,
    weight: LAUNCH_DEFAULTS.weight,
    cap: undefined,
    vcpuCap: undefined,
    affinity: undefined,
    serial: undefined,
    guest: [],
    consoleOf: undefined,
    policy: DEFAULT_POLICY,
    boot: LAUNCH_DEFAULTS.boot,
    fastBoot: false,
    initrd: undefined,
    modules: [],
    append: LAUNCH_DEFAULTS.append,
    memory: parseSize(LAUNCH_DEFAULTS.memory) ?? 0,
    maxMemory: undefined,
    vcpus: LAUNCH_DEFAULTS.vcpus,
    maxVcpus: undefined,
    pcpus: LAUNCH_DEFAULTS.pcpus,
    neighbours: [],
    machine: LAUNCH_DEFAULTS.machine,
    consoleDevice: LAUNCH_DEFAULTS.consoleDevice,
    fwCfg: [],
    hypervisor: LAUNCH_DEFAULTS.hypervisor,
    model: LAUNCH_DEFAULTS.model,
    costs: undefined,
    cpu: LAUNCH_DEFAULTS.cpu,
    pace: undefined,
    tier: LAUNCH_DEFAULTS.tier,
    rtcBase: LAUNCH_DEFAULTS.rtcBaseUnixSeconds,
    seed: LAUNCH_DEFAULTS.seed,
    record: undefined,
    replay: undefined,
    saveAt: [],
    from: undefined,
    history: undefined,
    onReset: LAUNCH_DEFAULTS.onReset,
    lostTicks: undefined,
    maxInstructions: undefined,
    until: undefined,
    trace: undefined,
    stats: undefined,
    regions: undefined,
    profile: undefined,
    profileEvery: { every: PROFILE_DEFAULTS.every, unit: PROFILE_DEFAULTS.unit },
    symbols: [],
    help: false,
  };
}
