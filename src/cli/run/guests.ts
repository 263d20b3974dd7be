// The VMs of one command line: its own image and those of --guest and --guests, each with the command line's options where it gives none of its own.
import { dirname, resolve } from 'node:path';
import type { OptionRow } from '../args/option';
import { parseArguments } from '../args/parse';
import { cliErrors } from '../errors';
import { readInput } from '../files/input-file';
import { RUN_OPTIONS } from './options';
import type { RunOptions } from './run-options';

/** Options that are a VM's; all others are the host's or the run's. */
const OF_A_GUEST = [
  'name',
  'weight',
  'cap',
  'vcpu-cap',
  'affinity',
  'serial',
  'boot',
  'fast-boot',
  'initrd',
  'module',
  'append',
  'memory',
  'max-memory',
  'vcpus',
  'max-vcpus',
  'machine',
  'console-device',
  'fw-cfg',
  'hypervisor',
  'model',
  'costs',
  'cpu',
  'rtc-base',
  'on-reset',
  'lost-ticks',
] as const;
const PATHS: readonly string[] = ['image', 'initrd', 'serial'];

const GUEST_ROWS: readonly OptionRow<RunOptions>[] = RUN_OPTIONS.filter(({ name }) => (OF_A_GUEST as readonly string[]).includes(name));

/** Of one VM among several: the options that are its own have its values. */
export type GuestOptions = RunOptions & { name: string };

/** One for each VM. */
export function guestsOf(options: RunOptions): GuestOptions[] {
  const own = options.image === '' ? [] : [options];
  const further = options.guest
    .flatMap((guest) => ('words' in guest ? [guest.words] : fromFile(guest.file)))
    .map((words) => parse(words, options));
  return [...own, ...further].map((guest, index) => ({ ...guest, name: guest.name ?? `vm${index}` }));
}

function parse(words: readonly string[], defaults: RunOptions): RunOptions {
  const guest: RunOptions = { ...defaults, name: undefined, serial: undefined, modules: [...defaults.modules], fwCfg: [...defaults.fwCfg] };
  const [image, extra] = parseArguments('run --guest', GUEST_ROWS, words, guest);
  if (image === undefined) throw cliErrors.missingArgument(`the image in --guest "${words.join(' ')}": --guest "IMAGE [options]"`);
  if (extra !== undefined) throw cliErrors.extraArgument(extra);
  return { ...guest, image };
}

/** Objects to words: a name to its option, a list to the option given several times, true to a flag. */
function fromFile(path: string): string[][] {
  const bad = (reason: string) => cliErrors.badGuests(path, reason);
  let list: unknown;
  try {
    list = JSON.parse(new TextDecoder().decode(readInput('the VMs', path)));
  } catch (error) {
    throw error instanceof SyntaxError ? bad(error.message) : error;
  }
  if (!Array.isArray(list) || list.length === 0) throw bad('it must be a list of objects with at least one');
  return list.map((guest: unknown, index) => {
    const number = `VM ${index}`;
    if (typeof guest !== 'object' || guest === null || Array.isArray(guest)) throw bad(`${number} is no object`);
    const { image, ...rest } = guest as Record<string, unknown>;
    if (typeof image !== 'string' || image === '') throw bad(`${number} has no "image"`);
    const beside = (value: string): string => resolve(dirname(path), value);
    const words = [beside(image)];
    for (const [key, value] of Object.entries(rest)) {
      const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      for (const each of Array.isArray(value) && name !== 'affinity' ? value : [value]) {
        if (each === true) words.push(`--${name}`);
        else if (Array.isArray(each)) words.push(`--${name}=${each.join(',')}`);
        else if (typeof each !== 'string' && typeof each !== 'number') throw bad(`"${key}" of ${number} must be a text or a number`);
        else words.push(`--${name}=${PATHS.includes(name) && each !== 'builtin' ? beside(`${each}`) : each}`);
      }
    }
    return words;
  });
}
