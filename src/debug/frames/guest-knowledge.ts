// What something that knows the guest's operating system adds to looking at it: names in expressions, whose process a user frame is.
import type { Value } from '../c/value';
import type { VcpuStop } from './vcpu-stop';

export interface GuestKnowledge {
  /** What an expression holds that only this knows. */
  readonly words: RegExp;
  /** "busybox[42] busybox 0x401000": code of a process that no symbols cover, by the process and the file it has mapped there. */
  nameOfUserCode(stop: VcpuStop, address: bigint): Promise<string | undefined>;
  /** The symbols that cover an address are of the program that the process at hand has there. */
  isOfSymbols(stop: VcpuStop, address: bigint): Promise<boolean>;
  /** An expression with the operating system's own functions written out. */
  expand(text: string, stop: VcpuStop): Promise<string>;
  /** A name that no variable of the program has. */
  variable(name: string, stop: VcpuStop): Promise<Value | undefined>;
}
