// `run IMAGE [options]`: parsed, and checked for what cannot go together.
import { LAUNCH_LIMITS } from '../../dap/launch/defaults';
import { formatSize } from '../../dap/launch/values';
import { parseCpuModel } from '../../x86/models/parse-model';
import type { OptionRow } from '../args/option';
import { parseArguments } from '../args/parse';
import { cliErrors } from '../errors';
import { guestsOf } from './guests';
import { RUN_OPTIONS } from './options';
import { defaultRunOptions, type RunOptions } from './run-options';

export function parseRun(argv: readonly string[]): RunOptions {
  return parseWithImage('run', RUN_OPTIONS, argv, defaultRunOptions());
}

/** Of a command that runs one image. */
export function parseWithImage<Options extends RunOptions>(
  command: string,
  rows: readonly OptionRow<Options>[],
  argv: readonly string[],
  options: Options,
): Options {
  const [image, extra] = parseArguments(command, rows, argv, options);
  if (options.help) return options;
  if (image === undefined && options.guest.length === 0)
    throw cliErrors.missingArgument(`the image (an ELF kernel): hyperscope ${command} IMAGE [options]`);
  if (extra !== undefined) throw cliErrors.extraArgument(extra);
  options.image = image ?? '';
  check(options);
  return options;
}

function check(options: RunOptions): void {
  const { pcpus, consoleOf } = options;
  const guests = guestsOf(options);
  for (const guest of guests) {
    checkGuest(guest);
    if (guests.some((other) => other !== guest && other.name === guest.name))
      throw cliErrors.conflict(`two VMs are named ${guest.name}: give each its own "--name"`);
  }
  if (consoleOf !== undefined && !guests.some(({ name }) => name === consoleOf))
    throw cliErrors.conflict(`"--console-of" names ${consoleOf}, but the VMs are ${guests.map(({ name }) => name).join(', ')}`);
  for (const { pcpu } of options.neighbours)
    if (pcpu >= pcpus) throw cliErrors.conflict(`a neighbour is on pcpu ${pcpu}, but "--pcpus" is ${pcpus}: the last is ${pcpus - 1}`);
  options.saveAt.sort((a, b) => a.at.retired - b.at.retired);
  if (new Set(options.saveAt.map(({ at }) => at.vcpu)).size > 1)
    throw cliErrors.conflict('all "--save-at" of one run must name the same vCPU');
  const vcpus = guests[0]?.vcpus ?? 1;
  for (const { at } of options.saveAt)
    if (at.vcpu >= vcpus)
      throw cliErrors.conflict(`"--save-at" names vCPU ${at.vcpu}, but "--vcpus" is ${vcpus}: the last is ${vcpus - 1}`);
  if (options.record !== undefined && options.replay !== undefined) throw cliErrors.conflict('use "--record" or "--replay", not both');
}

function checkGuest(options: RunOptions): void {
  parseCpuModel(options.cpu, options.hypervisor !== 'none');
  const { memory, maxMemory = memory, vcpus, maxVcpus = vcpus, pcpus, affinity } = options;
  if (memory < LAUNCH_LIMITS.memoryLeast || memory % 4096 !== 0)
    throw cliErrors.badMemory(`"--memory" is ${formatSize(memory)}: it must be at least 1M and whole pages of 4K`);
  if (maxMemory % 4096 !== 0) throw cliErrors.badMemory(`"--max-memory" is ${formatSize(maxMemory)}: it must be whole pages of 4K`);
  if (maxMemory > LAUNCH_LIMITS.memory)
    throw cliErrors.badMemory(
      `${formatSize(maxMemory)} of memory is more than one guest can have: at most ${formatSize(LAUNCH_LIMITS.memory)}`,
    );
  if (maxMemory < memory)
    throw cliErrors.conflict(`"--max-memory" (${formatSize(maxMemory)}) is less than "--memory" (${formatSize(memory)})`);
  if (maxVcpus < vcpus) throw cliErrors.conflict(`"--max-vcpus" (${maxVcpus}) is less than "--vcpus" (${vcpus})`);
  if (affinity !== undefined && !affinity.some((pcpu) => pcpu < pcpus))
    throw cliErrors.conflict(`"--affinity" names none of the physical CPUs: "--pcpus" is ${pcpus}, the last is ${pcpus - 1}`);
}
