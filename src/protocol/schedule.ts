// How vCPUs share the physical CPUs, and changes to it while they run.

export interface ScheduleArguments {
  /** What changes, if anything; a logged input. Weight, caps and affinity are of the session's VM unless `vm` says which. */
  change?: {
    vm?: number;
    /** Only of this vCPU: weight, vcpuCap, affinity. */
    vcpu?: number;
    weight?: number;
    /** Percent of one physical CPU for all vCPUs of the VM together, and for each; null: none. */
    cap?: number | null;
    vcpuCap?: number | null;
    /** null: all. */
    affinity?: number[] | null;
    /** Physical CPUs of the host. */
    pcpus?: number;
    /** How the host chooses who runs. */
    policy?: 'fair' | 'round-robin' | 'chaos';
  };
}

/** As it is now: a change counts from when the host runs on. */
export interface ScheduleAnswer {
  policy: 'fair' | 'round-robin' | 'chaos';
  pcpus: number;
  vms: {
    name: string;
    cap: number | null;
    vcpus: { weight: number; cap: number | null; affinity: number[] | null }[];
  }[];
}
