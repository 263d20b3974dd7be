// One connection of a client: its dispatcher, what it can do, and the guest it has launched.
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { Event } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { BreakpointTable } from '../debug/breakpoints/table';
import type { LaunchArguments } from '../protocol/launch';
import type { EventName, Events } from '../protocol/requests';
import type { Connection } from './connection';
import { Dispatcher } from './dispatcher';
import type { Environment } from './environment';
import { dapErrors } from './errors';
import { GdbBeside } from './gdb-beside';
import { Guest } from './guest';
import type { CancelSignal } from './handler';
import { launchesOf } from './launch/host-config';
import { type Turn, toTheEnd } from './launch/symbols';
import { LaunchedGuests } from './launched-guests';
import { attachedPrefix } from './own-breakpoints';
import { Progress } from './progress';
import { REQUESTS } from './requests/index';
import { VmSessions } from './vm-sessions';

/** Debug information of this size takes a while, and nothing is heard meanwhile. */
const LARGE_BYTES = 64 << 20;

function isLarge({ image, symbolFiles = [] }: LaunchArguments): boolean {
  const files = [image, ...symbolFiles.map(({ file }) => file)];
  return files.some((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= LARGE_BYTES);
}

export class Session {
  readonly dispatcher: Dispatcher;
  /** Of a guest that is launched here; kept over a restart. */
  readonly breakpoints = new BreakpointTable();
  private readonly gdb = new GdbBeside(this);
  client: Partial<DebugProtocol.InitializeRequestArguments> = {};
  /** "Run without debugging": nothing stops by itself. */
  noDebug = false;
  /** How numbers are shown where a request says nothing. */
  hex = false;
  launchArguments: LaunchArguments | undefined;
  private launched: Guest | undefined;
  private later: (() => void | Promise<void>)[] = [];
  private ended = false;
  private name = '';
  /** Of a launch of several VMs. */
  private vms: VmSessions | undefined;
  /** The launch whose VM this looks at, in another session. */
  private launchedBy: VmSessions | undefined;
  private readonly questions = new Map<number, (success: boolean) => void>();
  /** Before the names of its breakpoints' groups. */
  breakpointPrefix = '';
  /** What a request asked for is about to let the guest run. */
  isMoving = false;
  /** The request after whose answer that is. */
  answered = 0;
  readonly progress = new Progress(this);
  onEnd: () => void = () => {};

  constructor(
    private readonly connection: Connection,
    readonly environment: Environment,
    private readonly guests = new LaunchedGuests(),
  ) {
    this.dispatcher = new Dispatcher(this, REQUESTS, (message) => connection.send(message));
    connection.onMessage = (message) => {
      if (message.type === 'response') this.answer(message as DebugProtocol.Response);
      else this.dispatcher.receive(message);
    };
    connection.onClose = () => void this.end();
  }

  private answer({ request_seq, success }: DebugProtocol.Response): void {
    this.questions.get(request_seq)?.(success);
    this.questions.delete(request_seq);
  }

  /** The launched guest; an error for a request that needs one. */
  guest(command: string): Guest {
    if (!this.launched) throw dapErrors.notLaunched(command);
    return this.launched;
  }

  /** What fails now fails because the guest is gone. */
  get isOver(): boolean {
    return this.ended || (this.launched?.isDisposed ?? false);
  }

  /** The client is the editor of our extension: it has a terminal for the console and shows the guest's state. */
  get hasExtension(): boolean {
    return this.client.clientID === 'vscode';
  }

  get guestIfAny(): Guest | undefined {
    return this.launched;
  }

  /** The host of several VMs, each of which has a session of its own. */
  get host(): VmSessions | undefined {
    return this.vms?.isUnderHost ? this.vms : undefined;
  }

  /** One VM of several: the others do not share its end. */
  get isOneOfSeveral(): boolean {
    return this.launchedBy !== undefined;
  }

  /** A guest that stands still. */
  stoppedGuest(command: string): Guest {
    const guest = this.guest(command);
    if (guest.debugger.hasEnded || guest.isDisposed) throw dapErrors.ended();
    if (guest.debugger.isRunning || !guest.started) throw dapErrors.running(command);
    return guest;
  }

  /** `name`: by which another session can attach. */
  async launch(launch: LaunchArguments, name: string, signal: CancelSignal): Promise<void> {
    if (this.launched || this.vms) throw dapErrors.alreadyLaunched();
    this.name = name;
    let file = launch.image;
    const job = {
      title: 'Loading the image and its symbols',
      atOnce: isLarge(launch),
      cancel: () => signal.cancel(),
      message: async () => basename(file),
    };
    const turn: Turn = (next) => {
      file = next;
      return signal.turn();
    };
    const guest = await this.progress
      .during(job, () => this.create(launch, turn))
      .catch(async (error: unknown) => {
        await this.letGo(undefined);
        throw error;
      });
    if (signal.cancelled) await this.letGo(guest);
    signal.throwIfCancelled();
    this.launchArguments = launch;
    if (guest !== undefined) await this.shows(guest);
    this.afterAnswer(() => this.vms?.startSessions());
  }

  /** undefined: each guest has a session of its own. */
  private async create(launch: LaunchArguments, turn: Turn): Promise<Guest | undefined> {
    this.vms = launchesOf(launch).length > 1 ? await VmSessions.create(this, launch) : undefined;
    this.guests.addVms(this.vms);
    if (this.vms === undefined) return Guest.create(this, launch, turn);
    return this.vms.isUnderHost ? undefined : this.vms.join(this, 0, turn);
  }

  private async letGo(guest: Guest | undefined): Promise<void> {
    await guest?.dispose();
    this.guests.removeVms(this.vms);
    await this.vms?.dispose();
    this.vms = undefined;
  }

  private async shows(guest: Guest): Promise<void> {
    this.launched = guest;
    this.guests.add(guest, this.name);
    await this.gdb.lend(guest);
  }

  /** A request to the client; `done` is told whether it could do it. */
  ask(command: string, args: object, done: (success: boolean) => void): void {
    const request: DebugProtocol.Request = { seq: 0, type: 'request', command, arguments: args };
    this.connection.send(request);
    this.questions.set(request.seq, done);
  }

  /** Looks at the guest of another session. */
  async attach(name: string | undefined): Promise<void> {
    if (this.launched || this.vms) throw dapErrors.alreadyLaunched();
    const of = name === undefined ? undefined : this.guests.vmNamed(name);
    if (of !== undefined && of.vms.guestOf(of.vm) === undefined) {
      this.launchedBy = of.vms;
      this.launched = await of.vms.join(this, of.vm, toTheEnd);
      this.guests.add(this.launched, of.vms.names[of.vm] ?? '');
      if (of.vm === 0) await this.gdb.lend(this.launched);
      return;
    }
    const owner = of?.vms.guestOf(of.vm) ?? this.guests.find(name);
    this.breakpointPrefix = attachedPrefix(owner.session.nextGuestOfMine());
    this.launched = Guest.join(this, owner);
  }

  private attached = 0;
  private nextGuestOfMine(): number {
    return ++this.attached;
  }

  /** The guest was restarted: this looks at the new one. */
  private async follow(fresh: Guest): Promise<void> {
    const old = this.launched;
    this.launched = Guest.join(this, fresh);
    this.launched.started = old?.started ?? false;
    if (old) this.launched.topics.adopt(old.topics);
    await old?.dispose();
    this.event('continued', { threadId: 1, allThreadsContinued: true });
  }

  /** A new guest from the same files, read again. */
  async relaunch(launch: LaunchArguments): Promise<Guest | undefined> {
    const old = this.launched;
    const oldVms = this.vms;
    const fresh = await this.create(launch, toTheEnd);
    this.launchArguments = launch;
    if (old) this.guests.remove(old);
    if (fresh) {
      if (old) fresh.topics.adopt(old.topics);
      await this.shows(fresh);
      for (const { session } of old?.joined ?? []) await session.follow(fresh);
    }
    await old?.dispose();
    this.guests.removeVms(oldVms);
    await oldVms?.dispose();
    this.afterAnswer(() => this.vms?.startSessions());
    this.breakpoints.reset();
    await fresh?.debugger.resolve(this.breakpoints.all);
    return fresh;
  }

  event(event: string, body?: unknown): void {
    this.connection.send(new Event(event, body));
  }

  custom<Name extends EventName>(event: Name, body: Events[Name]): void {
    this.event(event, body);
  }

  output(category: 'console' | 'stdout' | 'important' | 'stderr', text: string, extra: object = {}): void {
    this.event('output', { category, output: text.endsWith('\n') ? text : `${text}\n`, ...extra });
  }

  log(text: string): void {
    this.environment.log(text);
  }

  /** Runs when the answer to the request at work has been sent. */
  afterAnswer(work: () => void | Promise<void>): void {
    this.later.push(work);
  }

  /** `requestSeq`: of the request that was answered. */
  async runAfterAnswer(requestSeq: number): Promise<void> {
    const work = this.later;
    this.later = [];
    this.isMoving = work.length > 0;
    this.answered = requestSeq;
    try {
      for (const each of work) await each();
    } finally {
      this.isMoving = false;
    }
  }

  /** Lets go of the guest and hangs up. */
  async end(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.gdb.close();
    if (this.launched?.owner) this.launched.breakpoints.clear();
    if (this.launched) this.guests.remove(this.launched);
    await this.launched?.dispose().catch((error: unknown) => this.log(`ending the guest: ${String(error)}`));
    this.guests.removeVms(this.vms);
    await this.vms?.dispose();
    this.launchedBy?.left();
    this.connection.close();
    this.onEnd();
  }
}
