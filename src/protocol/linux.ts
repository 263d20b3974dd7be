// What the tree "Linux" asks of the adapter, one part at a time: what a stopped Linux guest's own data says.
import type { Hex } from './wire';

export interface LinuxTaskRow {
  /** Of its struct task_struct. */
  address: Hex;
  pid: number;
  tgid: number;
  name: string;
  /** R runs, S sleeps, D waits for a device, I idles, T stopped, t traced, Z zombie, P parked, X dead. */
  state: string;
  kernelThread: boolean;
  cpu: number;
  parent: number;
}

export interface LinuxModuleRow {
  name: string;
  base: Hex;
  size: number;
  state: string;
  /** The file its symbols come from. */
  symbols: string | null;
}

export interface LinuxLogRow {
  sequence: number;
  timeNs: number;
  level: number;
  text: string;
}

export interface LinuxFrameRow {
  name: string;
  address: Hex;
  path: string | null;
  line: number | null;
}

export type LinuxArguments =
  | { what: 'vcpus' | 'tasks' | 'modules' }
  | { what: 'log'; most: number }
  /** Of a task that does not run now. */
  | { what: 'stack'; task: Hex };

/** Only what was asked for is there. */
export interface LinuxAnswer {
  /** "6.1.0-56-cloud-amd64"; null: the guest is no Linux whose symbols are known. */
  release: string | null;
  /** Why nothing can be told now. */
  problem: string | null;
  vcpus?: { vcpu: number; task: LinuxTaskRow | null }[];
  tasks?: LinuxTaskRow[];
  modules?: LinuxModuleRow[];
  log?: LinuxLogRow[];
  stack?: { frames: LinuxFrameRow[]; end: string | null };
}
