// Commands of the debug console: one row each. What is no command is a C expression.
import { evaluateAddress } from '../../debug/c/evaluate';
import { annotate, Listing } from '../../debug/disassembly/listing';
import { registerGroups } from '../../debug/registers/groups';
import { evaluationScope } from '../evaluation-scope';
import type { Guest } from '../guest';
import type { Session } from '../session';
import { BREAKPOINT_COMMANDS } from './breakpoint-commands';
import { HISTORY_COMMANDS } from './history-commands';
import { REGION_COMMANDS } from './region-commands';
import { SCHEDULE_COMMANDS } from './schedule-commands';

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly doc: string;
  readonly run: (guest: Guest, argument: string, frameId: number | undefined) => Promise<string>;
}

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

const OWN: readonly Command[] = [
  {
    name: 'registers',
    usage: 'registers',
    doc: 'all registers of the vCPU',
    run: async (guest) => {
      const { stop } = await guest.debugger.view(guest.debugger.stop?.vcpu ?? 0);
      return registerGroups(stop.file)
        .flatMap(({ registers }) => registers.map(({ name, value, text }) => `${name.padEnd(12)} ${hex(value)}  ${text}`.trimEnd()))
        .join('\n');
    },
  },
  {
    name: 'x',
    usage: 'x ADDRESS [BYTES]',
    doc: 'memory as bytes; the address is a C expression',
    run: async (guest, argument, frameId) => {
      const match = /^(.*?)(?:\s+(\d+))?$/.exec(argument.trim());
      const scope = await evaluationScope(guest, frameId);
      const address = await evaluateAddress(match?.[1] ?? '', scope);
      const length = Math.min(Number(match?.[2] ?? 64), 4096);
      const bytes = await scope.frame.physical.stop.guestMemory.read(address, length);
      const lines: string[] = [];
      for (let at = 0; at < bytes.length; at += 16) {
        const row = [...bytes.subarray(at, at + 16)];
        const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
        lines.push(
          `${hex(address + BigInt(at))}  ${row
            .map((byte) => byte.toString(16).padStart(2, '0'))
            .join(' ')
            .padEnd(47)}  ${text}`,
        );
      }
      if (bytes.length < length) lines.push(`${hex(address + BigInt(bytes.length))}  not readable`);
      return lines.join('\n');
    },
  },
  {
    name: 'disassemble',
    usage: 'disassemble [ADDRESS [COUNT]]',
    doc: 'instructions from an address on',
    run: async (guest, argument, frameId) => {
      const match = /^(.*?)(?:\s+(\d+))?$/.exec(argument.trim());
      const scope = await evaluationScope(guest, frameId);
      const { stop } = scope.frame.physical;
      const address = match?.[1] ? await evaluateAddress(match[1], scope) : scope.frame.physical.pc;
      const rows = await new Listing(stop, await guest.debugger.loadDecoder()).rows(address, 0, Math.min(Number(match?.[2] ?? 10), 500));
      const describe = (at: bigint): string => guest.describe(at);
      return rows
        .flatMap((row) => (row ? [`${hex(row.address)}  ${describe(row.address)}  ${annotate(row, describe)}`] : ['not readable']))
        .join('\n');
    },
  },
  {
    name: 'walk',
    usage: 'walk ADDRESS',
    doc: 'translation of a linear address, level by level',
    run: async (guest, argument, frameId) => {
      const scope = await evaluationScope(guest, frameId);
      const walk = await guest.control.walk(guest.vm, scope.frame.physical.stop.vcpu, await evaluateAddress(argument, scope));
      const steps = walk.steps.map(
        ({ name, entryGpa, value, outcome }) => `${name.padEnd(6)} at ${hex(entryGpa)} = ${hex(value)}  ${outcome}`,
      );
      return [...steps, walk.result ? `physical ${hex(walk.result.gpa)}` : (walk.problem ?? 'not mapped')].join('\n');
    },
  },
  {
    name: 'memory',
    usage: 'memory ADDRESS',
    doc: 'opens the Memory panel there; the address is an expression, and the panel can follow it',
    run: async (guest, argument, frameId) => {
      const at = argument.trim() || '$rsp';
      const address = await evaluateAddress(at, await evaluationScope(guest, frameId));
      guest.session.custom('hyperscope/show', { command: 'hyperscope.showMemory', at });
      return `Memory panel at ${hex(address)}`;
    },
  },
  {
    name: 'run-to',
    usage: 'run-to ADDRESS',
    doc: 'run until any vCPU gets there',
    run: async (guest, argument, frameId) => {
      const address = await evaluateAddress(argument, await evaluationScope(guest, frameId));
      guest.session.afterAnswer(() => {
        guest.debugger.runToAddress(address);
        guest.session.event('continued', { threadId: (guest.debugger.stop?.vcpu ?? 0) + 1, allThreadsContinued: true });
      });
      return `running to ${hex(address)}`;
    },
  },
];

export const CONSOLE_COMMANDS: readonly Command[] = [
  ...OWN,
  ...BREAKPOINT_COMMANDS,
  ...HISTORY_COMMANDS,
  ...REGION_COMMANDS,
  ...SCHEDULE_COMMANDS,
];

/** The command's text; undefined when it is none. */
export async function consoleCommand(session: Session, line: string, frameId: number | undefined): Promise<string | undefined> {
  const [, name = '', argument = ''] = /^\s*([a-z-]+)(?:\s+(.*))?$/s.exec(line) ?? [];
  if (name === 'help' && argument === '') {
    const rows = CONSOLE_COMMANDS.map(({ usage, doc }) => `${usage.padEnd(32)} ${doc}`);
    return [...rows, `${'EXPRESSION[,x]'.padEnd(32)} a C expression; ,x for hexadecimal; $rax or rax is a register`].join('\n');
  }
  const command = CONSOLE_COMMANDS.find((each) => each.name === name);
  // "x = 5" and "x" are about a variable of that name.
  if (!command || /^[-+*/%&|^]?=[^=]/.test(argument) || (command.name === 'x' && !/^[^=+*/.[-]/.test(argument))) return undefined;
  return command.run(session.stoppedGuest(name), argument, frameId);
}
