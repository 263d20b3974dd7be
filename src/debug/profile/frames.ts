// The frames of one sample, outermost first: whose code, the kernel's calls, and on top of them the exit that the hypervisor handled.
import { PROFILE_REGISTERS, type ProfileSample } from '../../machine/control/profile-types';
import { callsAt, type Frame, Stack } from '../frames/stack';
import { type StopContext, VcpuStop } from '../frames/vcpu-stop';
import { GuestMemory } from '../memory/guest-memory';
import { AskedWords } from './asked-words';
import { type CodePlace, codePlaceOf, STACKS_END } from './code-places';
import { hostFrames, hostKey } from './host-frames';
import { KnownStacks } from './known-stacks';
import { LearnedStacks } from './learned-stacks';
import { PlainStacks } from './plain-stacks';
import { RememberedSymbols } from './remembered-symbols';
import { SameStacks } from './same-stacks';
import { SampleMemory } from './sample-memory';
import { type SampleWords, WordReader } from './sample-words';

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
export interface Known {
  readonly found: SampledFrames;
  readonly below: Map<string, SampledFrames>;
}

interface Plain {
  readonly place: CodePlace;
  /** Innermost first. */
  readonly frames: readonly ProfileFrame[];
}

const MOST_FRAMES = 128;
const MOST_MET = 20_000;
const RIP = PROFILE_REGISTERS.indexOf('rip');

export class FrameFinder {
  private readonly code: GuestMemory;
  private readonly known = new KnownStacks<Known>(RIP, (address) => this.isCode(address));
  private readonly plain = new PlainStacks<ProfileFrame, Known>(
    {
      place: (pc, exact, cpl) => this.plainAt(pc, exact, cpl).place,
      frames: (pc, exact, cpl) => this.plainAt(pc, exact, cpl).frames,
      isCode: (address) => this.isReturn(address),
      result: (frames) => ({ found: { frames, broken: undefined }, below: new Map() }),
    },
    MOST_FRAMES,
  );
  private readonly same = new SameStacks<Known>((sample, bytes, known) => this.learned.add(sample, bytes, known));
  private readonly words = new WordReader();
  /** By place and how it is looked at: many stacks have it in common. */
  private readonly met = [new Map<bigint, Plain>(), new Map<bigint, Plain>(), new Map<bigint, Plain>()] as const;
  private symbols: string;
  private past: StopContext;

  constructor(
    readonly context: StopContext,
    private readonly learned = new LearnedStacks<Known>(),
  ) {
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
    this.plain.clear();
    this.same.clear();
    this.learned.forget(this.context.vm);
    for (const each of this.met) each.clear();
  }

  /** At once where the same stack was followed before; the same object then. */
  framesOf(sample: ProfileSample): SampledFrames | Promise<SampledFrames> {
    const plain = this.plainOf(sample);
    if (plain !== undefined) return withHost(plain, sample.host);
    const words = this.words.of(sample);
    const known = this.known.get(sample, words);
    return known === undefined ? this.follow(sample, words) : withHost(known, sample.host);
  }

  /** By numbers alone, where that is possible: nothing is waited for. */
  plainOf(sample: ProfileSample): Known | undefined {
    const { plain, same } = this;
    const known = same.find(sample);
    if (known !== undefined || this.past.symbols.addressSize !== 8) return known;
    const found = plain.find(sample, this.words.of(sample));
    if (found !== undefined) same.keep(sample, plain.reach, found);
    return found;
  }

  private plainAt(pc: bigint, exact: boolean, cpl: number): Plain {
    const met = this.met[!exact ? 0 : cpl === 3 ? 2 : 1];
    let found = met.get(pc);
    if (found === undefined) {
      if (met.size >= MOST_MET) met.clear();
      found = { place: this.placeOf(pc, exact, cpl), frames: this.plainFrames(pc, exact, cpl) };
      met.set(pc, found);
    }
    return found;
  }

  private placeOf(pc: bigint, exact: boolean, cpl: number): CodePlace {
    const { symbols, addresses } = this.past;
    return exact && cpl === 3 && !this.isKnown(pc) ? STACKS_END : codePlaceOf(symbols, addresses, pc, exact);
  }

  private plainFrames(pc: bigint, exact: boolean, cpl: number): readonly ProfileFrame[] {
    if (exact && cpl === 3 && !this.isKnown(pc)) return [userFrame(pc)];
    const { symbols, addresses } = this.past;
    const linked = addresses.toLinked(pc);
    return callsAt(symbols, exact ? linked : linked - 1n, pc).map((call) => profileFrame(call, exact && cpl === 3));
  }

  private async follow(sample: ProfileSample, words: SampleWords): Promise<SampledFrames> {
    const asked = new AskedWords(sample.stack.length, this.past.symbols.addressSize === 8);
    const known = { found: await this.unwind(sample, asked), below: new Map<string, SampledFrames>() };
    this.known.add(sample, words, asked, known);
    return withHost(known, sample.host);
  }

  /** As unwinding in general finds them, without the hypervisor's. RIP, mode and privilege need not be asked for. */
  async unwind(sample: ProfileSample, asked = new AskedWords(sample.stack.length, false)): Promise<SampledFrames> {
    const registers: Record<string, bigint> = {};
    for (const [i, name] of PROFILE_REGISTERS.entries()) registers[name] = sample.registers[i] ?? 0n;
    const { rip = 0n, rsp = 0n } = registers;
    if (sample.cpl === 3 && !this.isKnown(rip)) return { frames: [userFrame(rip)], broken: undefined };
    asked.register('rsp');
    const values = new Proxy(registers, {
      get: (all, name) => {
        if (typeof name !== 'string') return undefined;
        asked.register(name);
        return all[name];
      },
    });
    const memory = new SampleMemory({ start: rsp, bytes: sample.stack, asked }, this.code, (address) => this.isFunction(address));
    const stack = new Stack(VcpuStop.withRegisters(this.past, sample.vcpu, { values, mode: sample.mode }, memory));
    const found = await stack.frames(0, MOST_FRAMES);
    const { end } = stack;
    const broken = end?.kind === 'broken' ? end.reason : end === undefined ? `more than ${MOST_FRAMES} frames` : undefined;
    return { frames: found.map((frame) => profileFrame(frame, isOfUser(frame.physical, sample))).reverse(), broken };
  }

  /** Data may lie in the image as well, a boot stack among it: only code is the same as it was then. */
  private isFunction(address: bigint): boolean {
    const { symbols, addresses } = this.past;
    const linked = addresses.toLinked(address);
    return symbols.functionAt(linked) !== undefined || symbols.symbolAt(linked)?.isFunction === true;
  }

  private isReturn(address: bigint): boolean {
    const { symbols, addresses } = this.past;
    const linked = addresses.toLinked(address);
    return symbols.functionAt(linked) !== undefined || symbols.functionAt(linked - 1n) !== undefined;
  }

  /** As a search of the stack for return addresses sees it. */
  private isCode(address: bigint): boolean {
    if (this.isKnown(address) || this.isKnown(address - 1n)) return true;
    // The answer is kept by the asker: here it would only drive out those of addresses that are asked about often.
    const { symbols, addresses } = this.context;
    const linked = addresses.toLinked(address);
    return symbols.functionAt(linked) !== undefined || symbols.functionAt(linked - 1n) !== undefined;
  }

  private isKnown(address: bigint): boolean {
    const { symbols, addresses } = this.context;
    return symbols.hasSymbolAt(addresses.toLinked(address));
  }
}

/** With the exit on top that the hypervisor handled. */
export function withHost({ found, below }: Known, host: ProfileSample['host']): SampledFrames {
  if (host === undefined) return found;
  const key = hostKey(host);
  let whole = below.get(key);
  if (whole === undefined) {
    whole = { frames: [...found.frames, ...hostFrames(host)], broken: found.broken };
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

const isOfUser = ({ isUser, index }: Frame['physical'], { cpl }: ProfileSample): boolean => isUser || (cpl === 3 && index === 0);

function profileFrame({ name, position }: Pick<Frame, 'name' | 'position'>, isUser: boolean): ProfileFrame {
  const kind = isUser ? 'user' : /^0x/.test(name) ? 'unknown' : 'kernel';
  return { name, kind, file: position?.file, line: position?.line };
}
