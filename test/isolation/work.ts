// How much a host does in one exit of a guest: accesses to guest memory and its map, trace events, console bytes. Counts are of the run; times are of this machine.
import type { Vm } from '../../src/machine/vm/vm';

/** Steps of one exit: a fraction of a microsecond each, so that it is less than a millisecond. */
export const MAX_STEPS = 4000;

export interface Longest {
  /** Of one exit: steps, and what it was. */
  steps: number;
  what: string;
  /** Of one exit, on this machine. */
  ms: number;
  msWhat: string;
}

/** Wraps what the host does for this VM. */
export function measureExits(vm: Vm): Longest {
  const longest: Longest = { steps: 0, what: '', ms: 0, msWhat: '' };
  let steps = 0;
  let inside = false;
  const count = <T extends object>(of: T, names: readonly (keyof T)[]): void => {
    for (const name of names) {
      const inner = of[name] as unknown as (...args: unknown[]) => unknown;
      Object.assign(of, {
        [name]: (...args: unknown[]) => {
          steps++;
          return inner.apply(of, args);
        },
      });
    }
  };
  const measure = <T extends object>(of: T, name: keyof T & string, tell: (args: unknown[]) => string): void => {
    const inner = of[name] as unknown as (...args: unknown[]) => unknown;
    Object.assign(of, {
      [name]: (...args: unknown[]) => {
        if (inside) return inner.apply(of, args);
        inside = true;
        const before = steps;
        const startMs = performance.now();
        try {
          return inner.apply(of, args);
        } finally {
          inside = false;
          const ms = performance.now() - startMs;
          if (steps - before > longest.steps) Object.assign(longest, { steps: steps - before, what: `${name} ${tell(args)}` });
          if (ms > longest.ms) Object.assign(longest, { ms, msWhat: `${name} ${tell(args)}` });
        }
      },
    });
  };
  count(vm.engine.memory, ['read', 'write', 'frame', 'setFrame', 'readPage', 'writePage']);
  count(vm.engine, ['translate']);
  count(vm, ['trace']);
  const { pv } = vm;
  if (pv !== undefined) {
    measure(pv, 'hypercall', ([vcpu, state]) => {
      const { nr, args } = pv.decode(state as Parameters<typeof pv.decode>[0]);
      return `${nr} ${args.slice(0, 3).map((each) => each.toString(16))} vCPU ${vcpu}`;
    });
    measure(pv, 'scheduledIn', () => '');
    measure(pv, 'scheduledOut', () => '');
  }
  for (const bus of [vm.chipset.portBus, vm.chipset.mmioBus]) {
    const at = ([address, size, value]: unknown[]): string => `${Number(address).toString(16)} ${size} ${value ?? ''}`;
    measure(bus, 'read', at);
    measure(bus, 'write', at);
  }
  return longest;
}
