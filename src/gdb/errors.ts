// What gdb is told when something cannot be: the text of an "E." reply.
import { UserError } from '../base/user-error';

export const gdbErrors = {
  malformed: (packet: string) => new UserError('gdb-malformed', `the packet "${packet}" is malformed`),
  noThread: (id: string) => new UserError('gdb-no-thread', `there is no thread ${id}: vCPU 0 is thread 1`),
  noRegister: (number: number) => new UserError('gdb-no-register', `there is no register ${number}`),
  derived: (name: string) => new UserError('gdb-derived', `register "${name}" cannot be written: it follows from others`),
  running: () => new UserError('gdb-running', 'the guest is running: interrupt it first'),
  ended: () => new UserError('gdb-ended', 'the guest has ended: use "run" (after "target extended-remote") to start it again'),
  alone: () =>
    new UserError('gdb-alone', 'the vCPUs of a guest run together: say "set scheduler-locking off" (single steps of one thread are made)'),
  attach: () =>
    new UserError('gdb-attach', 'this server serves one guest, and gdb is connected to it already: there is nothing to attach to'),
  otherImage: (image: string) =>
    new UserError('gdb-other-image', `this server runs ${image}: to run another image, start "hyperscope gdb" with it`),
  noRestart: () => new UserError('gdb-no-restart', 'this guest belongs to a debug session: restart it there'),
  noHistory: () => new UserError('gdb-no-history', 'nothing is recorded to go back to: the session has "history" off'),
  noGuest: () => new UserError('gdb-no-guest', 'there is no guest to look at now: it has not begun, or it has ended'),
  busy: () => new UserError('gdb-busy', 'another gdb is connected to this guest'),
} as const;
