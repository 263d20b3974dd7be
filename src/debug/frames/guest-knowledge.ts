// What something that knows the guest's operating system adds to looking at it: names in expressions, whose process a user frame is.
import type { Value } from '../c/value';
import type { VcpuStop } from './vcpu-stop';

export interface GuestKnowledge {
  /** What an expression holds that only this knows. */
  readonly words: RegExp;
  /** "busybox[42]": what a vCPU runs. */
  processOf(stop: VcpuStop): Promise<string | undefined>;
  /** An expression with the operating system's own functions written out. */
  expand(text: string, stop: VcpuStop): Promise<string>;
  /** A name that no variable of the program has. */
  variable(name: string, stop: VcpuStop): Promise<Value | undefined>;
}
