// launch.json of debugger type "hyperscope": the same names as on the command line. Pure data; package.json's schema is checked against it by a test.

export interface LaunchNeighbour {
  duty: number;
  absolute?: boolean;
  /** "10ms" */
  period?: string;
  pcpu?: number;
}

/** A file for the guest in fw_cfg: from a file here, or a text. */
export interface LaunchFwCfg {
  /** "opt/org.example/name" */
  name: string;
  file?: string;
  string?: string;
}

export interface LaunchSymbolFile {
  file: string;
  /** Added to its addresses. */
  offset?: string;
  /** Instead of an offset: the address of each section by its name, for object files and kernel modules. */
  sections?: Record<string, string>;
}

/** What a VM is. */
interface LaunchVm {
  /** Of each vCPU. */
  weight?: number;
  /** Percent of one physical CPU for all vCPUs of the VM together, and for each. */
  cap?: number;
  vcpuCap?: number;
  /** Physical CPUs that the VM's vCPUs may run on. */
  affinity?: number[];
  /** What becomes of ticks of a periodic timer that come too close. */
  lostTicks?: 'lost' | 'catch-up';
  boot?: 'auto' | 'pvh' | 'linux' | 'linux32' | 'multiboot' | 'multiboot2';
  /** A bzImage is unpacked by the loader and entered by PVH. */
  fastBoot?: boolean;
  /** "path" or "path=arguments". */
  modules?: string[];
  append?: string;
  initrd?: string;
  /** "256M" */
  memory?: string;
  maxMemory?: string;
  vcpus?: number;
  maxVcpus?: number;
  machine?: 'minimal' | 'pc';
  consoleDevice?: 'serial' | 'vga' | 'both';
  fwCfg?: LaunchFwCfg[];
  hypervisor?: 'kvm' | 'xen' | 'none';
  model?: 'hw' | 'trap' | 'pv';
  /** Name of the table that says what exits cost; the model's own where it is not given. */
  costs?: 'hw' | 'trap' | 'pv' | 'hw-2006' | 'hw-2016' | 'bt-2006' | 'pv-2003';
  cpu?: string;
  symbolFiles?: LaunchSymbolFile[];
  /** Folders with the modules (.ko, .ko.xz, .ko.zst) of a Linux guest. */
  moduleFolders?: string[];
  /** Where files with debug information are looked for, before /usr/lib/debug. */
  debugDirectories?: string[];
  /** Prefix in debug information → path on this machine. */
  sourceMap?: Record<string, string>;
  /** Hypercalls to stop on: "SEND_IPI", "kvm:SEND_IPI". */
  hypercallBreakpoints?: string[];
  console?: 'terminal' | 'debugConsole' | 'none';
}

/** One VM of several: what it does not say, the configuration around it says for all. */
export interface LaunchGuest extends LaunchVm {
  image: string;
  name?: string;
}

export interface LaunchConfiguration extends LaunchVm {
  /** Of the only VM; of several each has its own. */
  image?: string;
  /** Several VMs on one host. */
  guests?: LaunchGuest[];
  /** What a stop of one of several VMs holds: all of them, or that one alone; and what its clocks do while the others run. */
  stopHolds?: 'host' | 'vm';
  heldClock?: 'stops' | 'runs';
  /** How vCPUs share the physical CPUs. */
  policy?: 'fair' | 'round-robin' | 'chaos';
  pcpus?: number;
  neighbours?: LaunchNeighbour[];
  pace?: 'fast' | 'realtime';
  seed?: number;
  record?: string;
  replay?: string;
  /** A saved state to start from. */
  snapshot?: string;
  /** Memory for going back in the run: "256M", or "off". */
  history?: string;
  /** What a change in the past of the run does: one question, forget what came after, or nothing. */
  inThePast?: 'ask' | 'fork' | 'refuse';
  /** "auto": hot code is compiled; the run is the same. */
  tier?: 'interpreter' | 'auto';
  /** So many events of the trace are kept. */
  traceEvents?: number;
  /** The root folder of a Linux guest's user land here, or folders with its programs: their symbols. */
  userFolders?: string[];
  stopOnEntry?: boolean;
  /** Step Into also enters the handler of an interrupt that comes in between. */
  stepIntoInterrupts?: boolean;
  /** A guest that ends stands there first, and can be gone back in. */
  stopOnExit?: boolean;
  traceFile?: string;
  /** Loopback TCP port of a GDB server beside the session; 0: any free one. */
  gdbPort?: number;
  /** Log of the Debug Adapter Protocol in the output channel. */
  trace?: boolean;
}

/** Checked; of several VMs the image is the first one's. */
export interface LaunchArguments extends LaunchConfiguration {
  image: string;
}
