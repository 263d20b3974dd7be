// The guests that the sessions of one adapter have launched: what a further session can attach to.
import { dapErrors } from './errors';
import type { Guest } from './guest';

export class LaunchedGuests {
  private readonly guests = new Map<Guest, string>();

  /** `name`: of its launch configuration. */
  add(guest: Guest, name: string): void {
    this.guests.set(guest, name);
  }

  remove(guest: Guest): void {
    this.guests.delete(guest);
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
