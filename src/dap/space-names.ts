// Names of a guest's processes by CR3, as they were whenever it stood still: a process that has ended keeps its name.

import { UserError } from '../base/user-error';
import { namesOfSpaces } from '../debug/linux/spaces';
import type { Guest } from './guest';

export class SpaceNames {
  private readonly known = new Map<bigint, string>();

  constructor(private readonly guestOf: () => Guest | undefined) {}

  async read(): Promise<ReadonlyMap<bigint, string>> {
    const guest = this.guestOf();
    const { linux, debugger: debug, control, vm } = guest ?? {};
    const vcpu = debug?.stop?.vcpu;
    if (!linux || !debug || !control || vm === undefined || vcpu === undefined || debug.isRunning) return this.known;
    try {
      const memory = await linux.memory((await debug.view(vcpu)).stop);
      const names = await namesOfSpaces(memory, async (linear) => {
        const { result } = await control.walk(vm, vcpu, linear);
        return result === null || result === undefined ? undefined : BigInt(result.gpa);
      });
      for (const [root, name] of names) this.known.set(root, name);
    } catch (error) {
      // Too early in its boot, or a kernel without its types.
      if (!(error instanceof UserError)) throw error;
    }
    return this.known;
  }
}
