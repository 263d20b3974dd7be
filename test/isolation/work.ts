// How much a host does in one exit of a guest: accesses to guest memory and its map, trace events, console bytes. Counts are of the run; times are of the processor of this machine.
import type { Host } from '../../src/machine/host';
import type { Vm } from '../../src/machine/vm/vm';

interface HostTimer {
  readonly name: string;
  onExpire(deadlineNs: number): void;
}
/** All of the host's queue. */
const timersOf = ({ events }: Host): Iterable<HostTimer> => (events as unknown as { timers: Map<string, HostTimer> }).timers.values();

/** Steps of one exit: a fraction of a microsecond each, so that it is less than a millisecond. */
export const MAX_STEPS = 4000;

export interface Longest {
  /** Of one exit: steps, and what it was. */
  steps: number;
  what: string;
  /** Of one exit, on this machine. */
  ms: number;
  msWhat: string;
  /** By what was handled: each time, in the order of the run. */
  readonly kinds: Map<string, { ms: number; what: string }[]>;
}

/** Time of the processor, not of the clock on the wall: other processes have theirs. Those of the collector and of V8's compilers are in it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Wraps what the host does for this VM, and the timers of its host. */
export function measureExits(vm: Vm, host: Host): Longest {
  const longest: Longest = { steps: 0, what: '', ms: 0, msWhat: '', kinds: new Map() };
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
  const took = (kind: string, what: string, ms: number): void => {
    const all = longest.kinds.get(kind) ?? [];
    all.push({ ms, what });
    longest.kinds.set(kind, all);
  };
  const measure = <T extends object>(
    of: T,
    name: keyof T & string,
    tell: (args: unknown[]) => string,
    kindOf: (args: unknown[]) => string = () => name,
  ): void => {
    const inner = of[name] as unknown as (...args: unknown[]) => unknown;
    Object.assign(of, {
      [name]: (...args: unknown[]) => {
        if (inside) return inner.apply(of, args);
        inside = true;
        const before = steps;
        // Before the call: its result takes the place of its number.
        const [kind, what] = [kindOf(args), `${name} ${tell(args)}`];
        const startMs = cpuMs();
        try {
          return inner.apply(of, args);
        } finally {
          inside = false;
          const ms = cpuMs() - startMs;
          took(kind, what, ms);
          if (steps - before > longest.steps) Object.assign(longest, { steps: steps - before, what });
          if (ms > longest.ms) Object.assign(longest, { ms, msWhat: what });
        }
      },
    });
  };
  count(vm.engine.memory, ['read', 'write', 'frame', 'setFrame', 'readPage', 'writePage']);
  count(vm.engine, ['translate']);
  count(vm.trace, ['event']);
  const { pv } = vm;
  if (pv !== undefined) {
    const decode = (state: unknown) => pv.decode(state as Parameters<typeof pv.decode>[0]);
    measure(
      pv,
      'hypercall',
      ([vcpu, state]) => {
        const { nr, args } = decode(state);
        return `${nr} ${args.slice(0, 3).map((each) => each.toString(16))} vCPU ${vcpu}`;
      },
      ([, state]) => {
        const { nr } = decode(state);
        return `hypercall ${pv.rows.hypercalls.find((row) => BigInt(row.nr) === BigInt(nr))?.name ?? 'unknown'}`;
      },
    );
    for (const name of ['scheduledIn', 'scheduledOut', 'exited', 'entering'] as const) measure(pv, name, () => '');
    measure(pv, 'writeMsr', ([, index, value]) => `${Number(index).toString(16)} ${value}`);
  }
  for (const [kind, bus] of [
    ['port', vm.chipset.portBus],
    ['mmio', vm.chipset.mmioBus],
  ] as const) {
    const at = ([address, size, value]: unknown[]): string => `${Number(address).toString(16)} ${size} ${value ?? ''}`;
    measure(bus, 'read', at, () => `${kind} read`);
    measure(bus, 'write', at, () => `${kind} write`);
  }
  measure(
    vm.chipset.apicBus,
    'send',
    () => '',
    () => 'APIC message',
  );
  for (const timer of timersOf(host))
    measure(
      timer,
      'onExpire',
      () => timer.name,
      () => 'timer',
    );
  return longest;
}
