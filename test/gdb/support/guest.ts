// A real guest for a scripted gdb, in this process.
import { join, resolve } from 'node:path';
import { CliGuest, type GuestOwner } from '../../../src/cli/gdb/guest';
import { parseGdb } from '../../../src/cli/gdb/options';
import type { DebuggerEvent } from '../../../src/debug/events';

export const KVM_C = join(resolve(__dirname, '../../..'), 'samples/kvm-c/kvm-c.elf');

export interface TestGuest {
  /** The guest of now: another one after a restart. */
  readonly guest: CliGuest;
  readonly events: DebuggerEvent[];
  readonly console: string;
  readonly killed: number;
}

export async function startGuest(...args: string[]): Promise<TestGuest> {
  const events: DebuggerEvent[] = [];
  let guest: CliGuest | undefined;
  let killed = 0;
  const owner: GuestOwner = {
    options: parseGdb(args),
    started: async (fresh) => {
      guest = fresh;
    },
    killed: () => {
      killed++;
    },
    event: (event) => events.push(event),
  };
  await CliGuest.start(owner);
  return {
    get guest() {
      return guest!;
    },
    events,
    get console() {
      return events.map((event) => (event.kind === 'console' ? Buffer.from(event.bytes).toString() : '')).join('');
    },
    get killed() {
      return killed;
    },
  };
}
