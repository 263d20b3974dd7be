// A user's mistakes on the command line, as named constructors: one clear line on standard error, exit status 2.
import { UserError } from '../base/user-error';

const near = (name: string | undefined): string => (name === undefined ? '' : `; did you mean "${name}"?`);

export const cliErrors = {
  unknownCommand: (given: string, nearest: string | undefined) =>
    new UserError('unknown-command', `there is no command "${given}"${near(nearest) || '; see "hyperscope --help"'}`),
  unknownOption: (given: string, nearest: string | undefined, command: string) =>
    new UserError('unknown-option', `there is no option "${given}"${near(nearest) || `; see "hyperscope ${command} --help"`}`),
  missingValue: (option: string, what: string) => new UserError('missing-value', `"${option}" needs a value: ${what}`),
  noValue: (option: string) => new UserError('no-value', `"${option}" takes no value`),
  badValue: (option: string, mustBe: string, given: string) =>
    new UserError('bad-value', `"${option}" must be ${mustBe}, but it is "${given}"`),
  twice: (option: string) => new UserError('twice', `"${option}" is given twice`),
  missingArgument: (what: string) => new UserError('missing-argument', `${what} is missing`),
  extraArgument: (given: string) => new UserError('extra-argument', `"${given}" is one argument too many: an option's name begins with --`),
  badGuests: (path: string, reason: string) => new UserError('bad-guests', `${path}: ${reason}`),
  conflict: (text: string) => new UserError('conflict', text),
  unreadable: (what: string, path: string, why: string) => new UserError('unreadable', `cannot read ${what} ${path}: ${why}`),
  unwritable: (what: string, path: string, why: string) => new UserError('unwritable', `cannot write ${what} ${path}: ${why}`),
  badFile: (what: string, path: string, why: string) => new UserError('bad-file', `${path} is no ${what}: ${why}`),
  badLine: (number: number, why: string) => new UserError('bad-line', `line ${number}: ${why}`),
  cannotListen: (port: number, why: string) => new UserError('cannot-listen', `cannot listen on port ${port} of 127.0.0.1: ${why}`),
  positionPast: (retired: number) => new UserError('position-past', `"--save-at ${retired}" is behind where the run begins`),
  profileFormat: (path: string, formats: string) =>
    new UserError('profile-format', `no profile is written as ${path}: give the file one of these endings: ${formats}`),
  badMemory: (text: string) => new UserError('bad-memory', text),
} as const;

/** Why a file operation failed, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file or folder',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
    ENOSPC: 'the disk is full',
    EADDRINUSE: 'another program uses it',
  };
  return (code !== undefined && known[code]) || message;
}
