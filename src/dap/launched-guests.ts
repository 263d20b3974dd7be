// The guests that the sessions of one adapter have launched: what a further session can attach to.
import { dapErrors } from './errors';
import type { Guest } from './guest';
import type { VmSessions } from './vm-sessions';

export class LaunchedGuests {
  private readonly guests = new Map<Guest, string>();
  private readonly vms = new Set<VmSessions>();

  /** `name`: of its launch configuration. */
  add(guest: Guest, name: string): void {
    this.guests.set(guest, name);
  }

  remove(guest: Guest): void {
    this.guests.delete(guest);
  }

  addVms(vms: VmSessions | undefined): void {
    if (vms !== undefined) this.vms.add(vms);
  }

  removeVms(vms: VmSessions | undefined): void {
    if (vms !== undefined) this.vms.delete(vms);
  }

  /** A VM of a launch of several. The newest launch counts. */
  vmNamed(name: string): { vms: VmSessions; vm: number } | undefined {
    for (const vms of [...this.vms].reverse()) {
      const vm = vms.names.indexOf(name);
      if (vm >= 0) return { vms, vm };
    }
    return undefined;
  }

  /** The one of this name, or the only one. */
  find(name: string | undefined): Guest {
    const all = [...this.guests].filter(([guest]) => guest.started && !guest.isDisposed);
    const named = name === undefined ? all : all.filter(([, each]) => each === name);
    const [found] = named;
    if (found === undefined)
      throw dapErrors.nothingToAttachTo(
        name,
        all.map(([, each]) => each),
      );
    if (named.length > 1) throw dapErrors.manyToAttachTo(all.map(([, each]) => each));
    return found[0];
  }
}
