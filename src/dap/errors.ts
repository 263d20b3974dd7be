// What can go wrong for a person, as named constructors. `showUser`: a message box in the editor, not only an answer to the request.
import { UserError } from '../base/user-error';

/** An error of a request: `id` is stable, the text says what to do. */
export class DapError extends UserError {
  override name = 'DapError';
  constructor(
    id: string,
    readonly number: number,
    text: string,
    readonly showUser: boolean,
  ) {
    super(id, text);
  }
}

const shown = (id: string, number: number, text: string) => new DapError(id, number, text, true);
const quiet = (id: string, number: number, text: string) => new DapError(id, number, text, false);

export const dapErrors = {
  notDap: () => quiet('not-dap', 1001, 'This port speaks the Debug Adapter Protocol: the first bytes must be "Content-Length:".'),
  badJson: () => quiet('bad-json', 1002, 'A message of the Debug Adapter Protocol must be one JSON object with a "type".'),
  unknownRequest: (command: string) => quiet('unknown-request', 1003, `The request "${command}" is not supported.`),
  notLaunched: (command: string) => quiet('not-launched', 1004, `"${command}" needs a running guest: send "launch" first.`),
  alreadyLaunched: () => quiet('already-launched', 1005, 'This session has launched its guest already: end it, or use "restart".'),
  nothingToAttachTo: (name: string | undefined, there: readonly string[]) =>
    shown(
      'nothing-to-attach-to',
      1006,
      name === undefined || there.length === 0
        ? 'No guest runs here that could be attached to: launch one in another session of the same adapter first.'
        : `No guest of the name "${name}" runs here: there is ${there.map((each) => `"${each}"`).join(', ')}.`,
    ),
  manyToAttachTo: (there: readonly string[]) =>
    shown('many-to-attach-to', 1017, `Several guests run here: set "guest" to one of ${there.map((each) => `"${each}"`).join(', ')}.`),
  hostSession: (command: string) =>
    quiet('host-session', 1019, `"${command}" is for one VM: choose one of this host's VMs in the call stack.`),
  attachedRestart: () => quiet('attached-restart', 1018, 'Only the session that launched the guest can restart it.'),
  /** What a panel asks for is no word of the person who reads this. */
  running: (command: string) =>
    quiet('running', 1007, `${command.includes('/') ? 'This' : `"${command}"`} needs the guest to be stopped: pause it first.`),
  staleReference: (what: string) => quiet('stale-reference', 1008, `This ${what} belongs to an earlier stop: the guest has run since.`),
  unknownThread: (id: number) => quiet('unknown-thread', 1009, `There is no vCPU for thread ${id}.`),
  badArgument: (command: string, what: string) => quiet('bad-argument', 1010, `"${command}": ${what}.`),
  vcpuHeld: (vcpu: number) => quiet('vcpu-held', 1014, `vCPU ${vcpu} is held: release it, or let this vCPU only step ("singleThread").`),
  lastVcpu: () => quiet('last-vcpu', 1016, 'One vCPU must stay: use Stop to end the guest.'),
  pastKept: (asked: boolean) =>
    quiet(
      'past-kept',
      1015,
      asked
        ? 'Nothing was changed: what happened after this moment is kept.'
        : 'This moment is in the past of the run: say "fork" in the debug console to forget what happened after it, or set "inThePast" to "fork" in launch.json.',
    ),
  cancelled: () => quiet('cancelled', 1011, 'cancelled'),
  ended: () => quiet('ended', 1012, 'The guest has ended: restart the session.'),
  engineLost: (text: string) => shown('engine-lost', 1013, `The engine has stopped unexpectedly: ${text}. Restart the debug session.`),

  badLaunch: (text: string) => shown('bad-launch', 1101, `launch.json: ${text}`),
  unreadable: (setting: string, path: string, why: string) =>
    shown('unreadable', 1102, `launch.json: "${setting}": cannot read ${path}: ${why}.`),
  badSnapshot: (path: string, why: string) => shown('bad-snapshot', 1104, `launch.json: "snapshot": ${path}: ${why}.`),
  cannotWrite: (path: string, why: string) => shown('cannot-write', 1105, `Cannot write ${path}: ${why}.`),
  unwritable: (setting: string, path: string, why: string) =>
    shown('unwritable', 1103, `launch.json: "${setting}": cannot write ${path}: ${why}.`),
} as const;
