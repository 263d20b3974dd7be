// Serves one guest to gdb. Its console is on standard output and it is typed on here, as with `run`; the command ends when the guest has and gdb has left.
import type { DebuggerEvent } from '../../debug/events';
import { GdbServer } from '../../gdb/server';
import { cliErrors, reasonOf } from '../errors';
import { readInput } from '../files/input-file';
import { OutputFile } from '../files/output-file';
import { ConsoleOutput } from '../run/console-output';
import type { Say } from '../run/say';
import { readScript, stdinIsTerminal } from '../run/standard-input';
import { typeOn } from '../run/type-on';
import { CliGuest, type GuestOwner } from './guest';
import type { GdbOptions } from './options';

const INTERRUPTED = 130;

/** Resolves to the exit status: the guest's own where it ended by itself. */
export async function serveGdb(options: GdbOptions, say: Say): Promise<number> {
  const record = options.record === undefined ? undefined : new OutputFile('the input log', options.record);
  const service = new GdbService(options, say);
  const ended = service.ended;
  await service.start();
  process.once('SIGINT', () => service.quit(INTERRUPTED)).once('SIGTERM', () => service.quit(INTERRUPTED));
  const restoreTerminal = stdinIsTerminal() ? typeOn(service, 0, () => service.quit(INTERRUPTED), say) : () => {};
  process.once('exit', restoreTerminal);
  const status = await ended;
  record?.write(service.inputLog());
  record?.close();
  await service.close();
  return status;
}

class GdbService implements GuestOwner {
  readonly ended: Promise<number>;
  quit: (status: number) => void = () => {};
  private readonly server: GdbServer;
  private readonly output = new ConsoleOutput(() => this.quit(INTERRUPTED));
  private guest: CliGuest | undefined;
  /** Of the guest that has ended; undefined while there is one. */
  private status: number | undefined;
  private script: Promise<Uint8Array> | undefined;

  constructor(
    readonly options: GdbOptions,
    private readonly say: Say,
  ) {
    this.ended = new Promise((resolve) => {
      this.quit = resolve;
    });
    this.server = new GdbServer(() => (this.status === undefined ? this.guest : undefined), say);
    this.server.onChange = (connected) => {
      // Nobody would see such a stop: without a gdb the guest ends there.
      void this.guest?.control.setStopOn({ tripleFault: connected, haltedForever: connected });
      this.endIfOver();
    };
    // Read while the guest stands; where a person may type there is no script.
    if (options.replay === undefined && !stdinIsTerminal()) this.script = readScript(() => {});
  }

  async start(): Promise<void> {
    const { port: wanted, image } = this.options;
    await CliGuest.start(this);
    const port = await this.server.listen(wanted).catch((error: unknown) => {
      throw cliErrors.cannotListen(wanted, reasonOf(error));
    });
    this.say(`gdb server on 127.0.0.1:${port}; connect with\n  gdb ${image} -ex 'target remote 127.0.0.1:${port}'`);
  }

  async input(vm: number, bytes: Uint8Array): Promise<void> {
    await this.guest?.control.input(vm, bytes);
  }

  inputLog(): string {
    return this.guest?.control.core.inputLog() ?? '';
  }

  async close(): Promise<void> {
    this.server.close();
    await this.guest?.control.dispose();
  }

  // GuestOwner

  async started(guest: CliGuest): Promise<void> {
    this.guest = guest;
    this.status = undefined;
    const { control } = guest;
    const { replay } = this.options;
    if (replay !== undefined) {
      await control.setInputOpen(false);
      await control.replay(new TextDecoder().decode(readInput('the input log', replay)), replay);
    }
    void this.script?.then(async (bytes) => {
      if (this.guest !== guest || this.status !== undefined) return;
      await control.input(0, bytes);
      await control.setInputOpen(false);
    });
  }

  killed(): void {
    this.status = 0;
  }

  event(event: DebuggerEvent): void {
    if (event.kind === 'console') this.output.write(event.bytes);
    else if (event.kind === 'message' || event.kind === 'lost') this.say(event.text);
    else if (event.kind === 'exited') {
      if (event.exit.reason !== 'debug-exit') this.say(event.exit.text);
      this.status = event.exit.code;
      this.endIfOver();
    }
  }

  /** gdb may still want to look, or to start the guest anew. */
  private endIfOver(): void {
    if (this.status !== undefined && !this.server.isConnected) this.quit(this.status);
  }
}
