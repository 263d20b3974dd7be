// Requests about a profile: samples of all vCPUs over guest and hypervisor.
import type { Hex } from './wire';

export type ProfileKind = 'kernel' | 'user' | 'hypervisor' | 'unknown';

export interface ProfileArguments {
  /** `start` forgets the profile before. */
  action: 'start' | 'stop' | 'status';
  /** "1ms" of a vCPU's running time, or a number of instructions: "1000000". 1ms. */
  every?: string;
}
/** All times are virtual. */
export interface ProfileAnswer {
  on: boolean;
  /** As it was asked for; empty: there is no profile yet. */
  every: string;
  /** Sample points so far. */
  points: number;
  /** Too old to be kept. */
  forgotten: number;
  fromNs: number;
  toNs: number;
  /** Names of the host's VMs by their number, where it has several. */
  vms: string[];
  vcpus: { vm: number; vcpu: number; points: number }[];
  /** Address spaces of each VM by CR3, the busiest first; the name of the process where one is known. */
  spaces: { vm: number; cr3: Hex; name: string; points: number }[];
}

/** What is looked at; all of it where nothing is said. */
export interface ProfileSelection {
  vm?: number;
  vcpu?: number;
  /** CR3; of another VM it is another address space, so `vm` goes with it where there are several. */
  space?: Hex;
  fromNs?: number;
  toNs?: number;
}
export interface ProfileTreeArguments {
  selection: ProfileSelection;
  /** Calls with a smaller part of the samples are left out: 0 to 1. */
  leastShare: number;
}
export interface ProfileBox {
  name: string;
  kind: ProfileKind;
  path: string | null;
  line: number | null;
  self: number;
  total: number;
  children: ProfileBox[];
}
export interface ProfileFunctionRow {
  name: string;
  kind: ProfileKind;
  path: string | null;
  line: number | null;
  self: number;
  total: number;
}
export interface ProfileTreeAnswer {
  root: ProfileBox;
  /** The most expensive first. */
  functions: ProfileFunctionRow[];
  /** Stacks that could not be followed to their end, by reason. */
  broken: { reason: string; points: number }[];
  /** Sample points by the kind of code on top. */
  kinds: { kind: ProfileKind; points: number }[];
}

export type ProfileFormatName = 'collapsed' | 'speedscope' | 'cpuprofile' | 'chrome';
export interface ProfileExportArguments {
  selection: ProfileSelection;
  format: ProfileFormatName;
  path: string;
}
export interface ProfileLinesArguments {
  path: string;
  selection: ProfileSelection;
}
export interface ProfileLinesAnswer {
  /** Sample points of the whole selection. */
  points: number;
  lines: { line: number; self: number; total: number }[];
}
