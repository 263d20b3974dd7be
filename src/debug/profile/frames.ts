// The frames of one sample, outermost first: whose code, the kernel's calls, and on top of them the exit that the hypervisor handled.
import { PROFILE_REGISTERS, type ProfileSample } from '../../machine/control/profile-types';
import { describeHypercall } from '../../pv/describe.rows';
import { type Frame, Stack } from '../frames/stack';
import { type StopContext, VcpuStop } from '../frames/vcpu-stop';
import { GuestMemory } from '../memory/guest-memory';
import { KnownKeys } from './known-keys';
import { RememberedSymbols } from './remembered-symbols';
import { SampleKeys } from './sample-key';
import { SampleMemory } from './sample-memory';

export type FrameKind = 'kernel' | 'user' | 'hypervisor' | 'unknown';

export interface ProfileFrame {
  readonly name: string;
  readonly kind: FrameKind;
  /** Of the function: source file as far as known. */
  readonly file: string | undefined;
  /** Where the sample stood in it. */
  readonly line: number | undefined;
}

export interface SampledFrames {
  /** Outermost first. */
  readonly frames: readonly ProfileFrame[];
  /** Why the outermost frame is not the stack's end; undefined: it is. */
  readonly broken: string | undefined;
}

/** A stack that was followed, and the same below each exit of the hypervisor that was seen on top of it. */
interface Known {
  readonly found: SampledFrames;
  readonly below: Map<string, SampledFrames>;
}

const MOST_FRAMES = 128;
const MOST_KNOWN = 20_000;

export class FrameFinder {
  private readonly code: GuestMemory;
  private readonly known = new KnownKeys<Known>(MOST_KNOWN);
  private readonly keys = new SampleKeys((address) => this.isKnown(address));
  private symbols: string;
  private past: StopContext;

  constructor(readonly context: StopContext) {
    this.symbols = this.symbolsNow();
    this.past = this.pastContext();
    this.code = new GuestMemory(context.control, context.vm, 0);
  }

  /** Without what the operating system says now: that is of another moment than the sample. */
  private pastContext(): StopContext {
    const { control, vm, symbols, addresses } = this.context;
    return { control, vm, symbols: new RememberedSymbols(symbols.all), addresses, onChanged: () => {} };
  }

  private symbolsNow(): string {
    return this.context.symbols.all.map(({ name, slide }) => `${name} ${slide}`).join();
  }

  /** The guest runs on: what is known of its memory may be old, and symbols may have come or moved. */
  forget(): void {
    this.code.invalidate();
    const symbols = this.symbolsNow();
    if (symbols === this.symbols) return;
    this.symbols = symbols;
    this.past = this.pastContext();
    this.known.clear();
    this.keys.forget();
  }

  /** At once where the same stack was followed before; the same object then. */
  framesOf(sample: ProfileSample): SampledFrames | Promise<SampledFrames> {
    const key = this.keys.of(sample);
    const known = this.known.get(key);
    return known === undefined ? this.follow(sample, key.slice()) : withHost(known, sample.host);
  }

  private async follow(sample: ProfileSample, key: Uint32Array): Promise<SampledFrames> {
    const known = { found: await this.unwind(sample), below: new Map<string, SampledFrames>() };
    this.known.add(key, known);
    return withHost(known, sample.host);
  }

  /** Without the hypervisor's frames. */
  private async unwind(sample: ProfileSample): Promise<SampledFrames> {
    const values: Record<string, bigint> = {};
    for (const [i, name] of PROFILE_REGISTERS.entries()) values[name] = sample.registers[i] ?? 0n;
    if (sample.cpl === 3 && !this.isKnown(values.rip ?? 0n)) return { frames: [userFrame(values.rip ?? 0n)], broken: undefined };
    const memory = new SampleMemory({ start: values.rsp ?? 0n, bytes: sample.stack }, this.code, (address) => this.isFunction(address));
    const stack = new Stack(VcpuStop.withRegisters(this.past, sample.vcpu, { values, mode: sample.mode }, memory));
    const found = await stack.frames(0, MOST_FRAMES);
    const { end } = stack;
    const broken = end?.kind === 'broken' ? end.reason : end === undefined ? `more than ${MOST_FRAMES} frames` : undefined;
    return { frames: found.map((frame) => profileFrame(frame, sample.cpl === 3)).reverse(), broken };
  }

  /** Data may lie in the image as well, a boot stack among it: only code is the same as it was then. */
  private isFunction(address: bigint): boolean {
    const { symbols, addresses } = this.past;
    const linked = addresses.toLinked(address);
    return symbols.functionAt(linked) !== undefined || symbols.symbolAt(linked)?.isFunction === true;
  }

  private isKnown(address: bigint): boolean {
    const { symbols, addresses } = this.context;
    return symbols.hasSymbolAt(addresses.toLinked(address));
  }
}

function withHost({ found, below }: Known, host: ProfileSample['host']): SampledFrames {
  if (host === undefined) return found;
  const frames = hostFrames(host);
  const key = frames.map(({ name }) => name).join('|');
  let whole = below.get(key);
  if (whole === undefined) {
    whole = { frames: [...found.frames, ...frames], broken: found.broken };
    below.set(key, whole);
  }
  return whole;
}

/** Of a VM whose symbols are not known here. */
export function addressOnly({ registers, cpl, host }: ProfileSample): SampledFrames {
  const rip = registers[PROFILE_REGISTERS.indexOf('rip')] ?? 0n;
  const frame = { ...userFrame(rip), kind: cpl === 3 ? ('user' as const) : ('unknown' as const) };
  return { frames: [frame, ...(host ? hostFrames(host) : [])], broken: 'no session looks at this VM: its symbols are not known' };
}

const userFrame = (rip: bigint): ProfileFrame => ({ name: `0x${rip.toString(16)}`, kind: 'user', file: undefined, line: undefined });

function profileFrame({ name, position, physical }: Frame, fromUser: boolean): ProfileFrame {
  const isUser = physical.isUser || (fromUser && physical.index === 0);
  const kind = isUser ? 'user' : /^0x/.test(name) ? 'unknown' : 'kernel';
  return { name, kind, file: position?.file, line: position?.line };
}

/** "io port 0x3f8", "SEND_IPI": the exit, as one frame named as in lists. */
function hostFrames(event: NonNullable<ProfileSample['host']>): ProfileFrame[] {
  const frame = (name: string): ProfileFrame => ({ name, kind: 'hypervisor', file: undefined, line: undefined });
  if (event.kind === 'hypercall') {
    const { interface: abi, nr } = event.fields;
    const { name } = describeHypercall(String(abi), Number(nr), []);
    return [frame('vmcall'), frame(name)];
  }
  const { reason, ...fields } = event.fields;
  const exit = frame(String(reason ?? event.kind));
  for (const [name, mask] of PLACES) {
    const value = fields[name];
    if (value === undefined) continue;
    return [exit, frame(typeof value === 'string' ? `${name} ${value}` : `${name} 0x${(BigInt(value) & mask).toString(16)}`)];
  }
  return [exit];
}

const ALL = ~0n;
/** Fields of an exit that say where it went, and which bits of them; others (values, errors) differ from one exit to the next. */
const PLACES: readonly (readonly [string, bigint])[] = [
  ['port', ALL],
  ['msr', ALL],
  ['gpa', ~0xfffn],
  ['offset', ALL],
  ['leaf', ALL],
  ['vector', ALL],
  ['register', ALL],
];
