// How a host and its VMs are made, and what of it changes while they run. Plain, structured-cloneable data.
import type { PolicyName } from '../sched/policies.rows';

export interface NeighbourConfig {
  /** Fraction of one pCPU wanted, 0 to 1. */
  duty: number;
  /** True: takes its duty whatever others want; false: demand under fair share. */
  absolute: boolean;
  periodNs: number;
  pcpu: number;
  weight: number;
}

/** What changes while the host runs; a logged input. `null`: none (any more). */
export interface SchedulingChange {
  /** Of this VM; not given: the host. */
  vm?: number;
  /** Only of this vCPU: weight, vcpuCap, affinity. */
  vcpu?: number;
  weight?: number;
  cap?: number | null;
  vcpuCap?: number | null;
  affinity?: number[] | null;
  /** Physical CPUs of the host. */
  pcpus?: number;
  /** Of the host. */
  policy?: PolicyName;
}

/** What a user does to a VM of several. */
export type MachineAction = 'restart' | 'switch-off';

export interface SchedulingInfo {
  policy: PolicyName;
  pcpus: number;
  vms: {
    name: string;
    cap: number | null;
    vcpus: { weight: number; cap: number | null; affinity: number[] | null }[];
  }[];
}

export interface ModuleConfig {
  path: string;
  args: string;
  bytes: Uint8Array;
}

/** A file that fw_cfg hands to the guest. */
export interface FwCfgConfig {
  /** "opt/org.example/name" */
  name: string;
  bytes: Uint8Array;
}

export interface VmConfig {
  name: string;
  image: { path: string; bytes: Uint8Array };
  boot: 'auto' | 'pvh' | 'linux' | 'linux32' | 'multiboot' | 'multiboot2';
  /** A bzImage is unpacked by the loader and entered by PVH. */
  fastBoot?: boolean;
  modules: ModuleConfig[];
  append: string;
  memory: number;
  maxMemory: number;
  vcpus: number;
  maxVcpus: number;
  hypervisor: 'kvm' | 'xen' | 'none';
  /** Execution model: which events exit, and at what cost. */
  model: 'hw' | 'trap' | 'pv';
  /** What exits cost: the name of a table of this model; its round one where it is not given. */
  costs?: string;
  cpu: string;
  /** Of each of its vCPUs. */
  weight: number;
  /** Percent of one pCPU that all its vCPUs together may use; not given: no cap. */
  cap?: number;
  /** The same for each of its vCPUs. */
  vcpuCap?: number;
  /** pCPUs that its vCPUs may run on; not given: all. */
  affinity?: number[];
  /** Which devices there are: minimal where not said. */
  machine?: 'minimal' | 'pc';
  /** What the console is: the serial port, the screen and keyboard, or both (typed text then goes to the serial port). Default: both. */
  consoleDevice?: 'serial' | 'vga' | 'both';
  fwCfg?: FwCfgConfig[];
  onReset: 'stop' | 'reboot';
  /** What becomes of ticks that come before the one before is taken. Unless told: the PIT's are given later, the others are lost, as KVM has it. */
  lostTicks?: 'lost' | 'catch-up';
  rtcBaseUnixSeconds: number;
}

export interface HostConfig {
  pcpus: number;
  /** How vCPUs are scheduled; weighted fair where it is not given. */
  policy?: PolicyName;
  neighbours: NeighbourConfig[];
  seed: number;
  vms: VmConfig[];
  /** Stop with reason 'limit' at the latest after so many instructions of all vCPUs. */
  maxInstructions?: number;
  traceCapacity: number;
  sharedMemory: boolean;
  /** How guest code is run: see `Tier` of the engine; interpreter where it is not given. No result depends on it. */
  tier?: 'interpreter' | 'auto' | 'jit';
  /** Compiled code counts and is kept, for people to look at. */
  regionProfile?: boolean;
  /** Compiled code counts its instructions, for the statistics. */
  tierStatistics?: boolean;
  /** Decoded code is kept by single instructions: much slower, for finding the one where tiers differ. */
  singleSteps?: boolean;
}
