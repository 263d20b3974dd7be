// One gdb and its guest: packets are answered in order; a packet that lets the guest run is answered when it stands again.
import type { Disposable } from '../base/disposable';
import { UserError } from '../base/user-error';
import type { DebuggerEvent } from '../debug/events';
import type { RegisterFile } from '../machine/control/types';
import { GdbBreakpoints, type LoneStep } from './breakpoints';
import type { Reply } from './commands/command';
import { commandFor } from './commands/index';
import { gdbErrors } from './errors';
import { Description } from './registers/description';
import { encodeValue } from './registers/values';
import { exitReply, lostReply, noteOf, signalOf } from './stop-reply';
import type { GdbTarget } from './target';
import { threadOf } from './threads';
import { hex, hexByte, textToHex } from './wire/hex';
import type { Link } from './wire/link';

/** Of console text in one packet. */
const TEXT_PIECE = 4096;

export class GdbSession {
  readonly breakpoints = new GdbBreakpoints();
  description: Description;
  /** vCPU of "g" and its like. */
  vcpu = 0;
  /** Memory packets are about guest-physical addresses. */
  physicalMemory = false;
  private current: GdbTarget;
  private listening: Disposable;
  /** A stop reply is owed. */
  private waiting = false;
  private ended: string | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly link: Link,
    target: GdbTarget,
    private readonly log: (text: string) => void,
  ) {
    this.current = target;
    this.description = new Description(target.cpu);
    this.listening = target.onEvent((event) => this.receive(event));
    link.onPacket = (data) => this.enqueue(() => this.answer(data));
    link.onInterrupt = () => this.enqueue(() => this.interrupt());
    link.onClose = () => this.enqueue(() => this.letGo());
  }

  get target(): GdbTarget {
    return this.current;
  }

  get debugger() {
    return this.current.debugger;
  }

  get control() {
    return this.current.debugger.control;
  }

  get vm(): number {
    return this.current.debugger.vm;
  }

  /** Resolves when everything received so far has been answered. */
  get idle(): Promise<void> {
    return this.work;
  }

  close(): void {
    this.link.close();
  }

  stopAcknowledging(): void {
    this.link.stopAcknowledging();
  }

  /** Throws where the guest runs or has ended. */
  needStopped(): void {
    if (this.ended !== undefined || this.debugger.hasEnded) throw gdbErrors.ended();
    if (this.debugger.isRunning) throw gdbErrors.running();
  }

  async registers(vcpu = this.vcpu): Promise<RegisterFile> {
    if (this.debugger.isRunning) return this.control.registers(this.vm, vcpu);
    return (await this.debugger.view(vcpu)).stop.file;
  }

  /** Text for the person at gdb; only while gdb waits for a reply. */
  print(text: string): void {
    for (let at = 0; at < text.length; at += TEXT_PIECE) this.link.send(`O${textToHex(text.slice(at, at + TEXT_PIECE))}`);
  }

  // Running

  /** Lets the guest run; gdb is answered when it stands. `go` starts it. */
  async run(go: () => void, lone?: LoneStep): Promise<Reply> {
    if (this.ended !== undefined) return this.ended;
    await this.breakpoints.arm(this.debugger, lone);
    this.waiting = true;
    // Someone else may have let it go already: its next stop is the answer.
    if (this.debugger.isRunning) return undefined;
    go();
    this.target.resumed();
    return undefined;
  }

  /** Where the guest stands; it is stopped for that. */
  async stopReply(): Promise<Reply> {
    if (this.ended !== undefined) return this.ended;
    if (this.debugger.isRunning) {
      this.waiting = true;
      await this.debugger.pause();
      return undefined;
    }
    return this.standing();
  }

  /** Another guest in the place of this one. */
  replace(target: GdbTarget): void {
    this.listening.dispose();
    this.current = target;
    this.ended = undefined;
    this.vcpu = 0;
    this.description = new Description(target.cpu);
    this.listening = target.onEvent((event) => this.receive(event));
  }

  /** The guest was ended on purpose. */
  async kill(): Promise<void> {
    this.ended = lostReply;
    await this.target.kill();
  }

  /** gdb no longer looks after the guest. */
  async letGo(): Promise<void> {
    this.waiting = false;
    this.breakpoints.clear();
    this.listening.dispose();
    if (this.ended === undefined && !this.debugger.hasEnded) await this.breakpoints.arm(this.debugger);
  }

  private async interrupt(): Promise<void> {
    if (this.waiting) await this.debugger.pause();
  }

  private async standing(): Promise<string> {
    const { stop } = this.debugger;
    const vcpu = stop?.vcpu ?? 0;
    const file = await this.registers(vcpu);
    this.vcpu = vcpu;
    const registers = ['rbp', 'rsp', 'rip'].map((name) => {
      const number = this.description.numberOf(name);
      const register = this.description.registers[number];
      return register === undefined ? '' : `${hex(number)}:${encodeValue(register, file)};`;
    });
    const reason = stop === undefined ? '' : this.breakpoints.reasonOf(stop.reason, file.values.rip ?? 0n);
    const edge = stop?.reason.kind === 'travel' && stop.reason.beginning ? 'replaylog:begin;' : '';
    const signal = stop === undefined ? 0 : signalOf(stop.reason);
    return `T${hexByte(signal)}${registers.join('')}thread:${threadOf(vcpu)};${reason}${edge}`;
  }

  private receive(event: DebuggerEvent): void {
    if (event.kind === 'exited') {
      this.ended = exitReply(event.exit);
      this.finish(`The guest has ended: ${event.exit.text || event.exit.reason}.`);
    } else if (event.kind === 'lost') {
      this.ended = lostReply;
      this.finish(`The engine has stopped unexpectedly: ${event.text}.`);
    } else if (event.kind === 'stopped') this.finish(noteOf(event.stop.reason, event.stop.vcpu));
    else if (event.kind === 'message' && event.severity === 'error' && this.waiting) this.print(`${event.text}\n`);
  }

  /** The guest stands or has ended. */
  private finish(note: string | undefined): void {
    if (!this.waiting) return;
    this.waiting = false;
    if (note !== undefined) this.print(`${note}\n`);
    this.enqueue(async () => {
      this.link.send(this.ended ?? (await this.standing()));
    });
  }

  // Packets

  private enqueue(work: () => Promise<void>): void {
    this.work = this.work.then(work).catch((error: unknown) => {
      if (this.link.isClosed) return;
      this.log(`gdb: ${error instanceof Error ? error.stack : String(error)}`);
      this.link.send('E.internal error');
    });
  }

  private async answer(data: Uint8Array): Promise<void> {
    const reply = await this.replyTo(data);
    if (reply !== undefined) this.link.send(reply);
  }

  private async replyTo(data: Uint8Array): Promise<Reply> {
    const { command, args, rest } = commandFor(data);
    if (command === undefined) return '';
    try {
      return await command.handle(this, args, rest);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return `E.${error.message}`;
    }
  }
}
