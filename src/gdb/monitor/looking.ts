// Monitor commands that look at what gdb cannot: page tables, code in the vCPU's own mode.
import { bitnessOf, MAX_INSTRUCTION_LENGTH } from '../../debug/disassembly/decoder';
import type { Walk } from '../../machine/control/types';
import { linearPc } from '../registers/values';
import type { GdbSession } from '../session';
import { addressOf, countOf, type MonitorCommand, table } from './monitor-command';

const INSTRUCTIONS_SHOWN = 8;
const at = (value: bigint | number): string => `0x${value.toString(16)}`;

async function walkOf(session: GdbSession, args: string): Promise<Walk> {
  const register = /^\$(\w+)$/.exec(args)?.[1];
  const { values } = await session.registers();
  const address = register !== undefined && Object.hasOwn(values, register) ? (values[register] ?? 0n) : addressOf(args);
  return session.control.walk(session.vm, session.vcpu, address);
}

function resultText({ result, problem, mode }: Walk): string {
  if (problem !== null) return problem;
  if (result === null) return 'not mapped';
  if (mode === 'none') return `physical ${at(result.gpa)} (paging is off)`;
  const flags = [
    result.writable ? 'writable' : 'read-only',
    result.user ? 'user' : 'supervisor',
    result.executable ? 'executable' : 'no-execute',
    ...(result.global ? ['global'] : []),
    ...(result.accessed ? ['accessed'] : []),
    ...(result.dirty ? ['dirty'] : []),
  ];
  return `physical ${at(result.gpa)}, page of ${result.pageSize / 1024} KiB: ${flags.join(', ')}`;
}

function stepsTable({ steps }: Walk): string {
  return table(
    steps.map(({ name, index, entryGpa, value, outcome, bits }) => [
      `${name}[${index}]`,
      `at ${at(entryGpa)}`,
      at(value),
      outcome,
      bits
        .filter(({ name, value }) => value !== 0 && name !== 'address')
        .map((bit) => bit.name)
        .join(' '),
    ]),
  );
}

export const LOOKING: readonly MonitorCommand[] = [
  {
    name: 'walk',
    args: 'ADDR',
    doc: 'Translate a linear address step by step.',
    async run(session, args) {
      const walk = await walkOf(session, args);
      return [`${at(walk.linear)}: paging ${walk.mode}, CR3 ${at(walk.cr3)}`, stepsTable(walk), resultText(walk)]
        .filter((line) => line !== '')
        .join('\n');
    },
  },
  {
    name: 'pte',
    args: 'ADDR',
    doc: 'The last page-table entry of a linear address.',
    async run(session, args) {
      const walk = await walkOf(session, args);
      return [stepsTable({ ...walk, steps: walk.steps.slice(-1) }), resultText(walk)].filter((line) => line !== '').join('\n');
    },
  },
  {
    name: 'code',
    args: '[N]',
    doc: `The next N instructions (${INSTRUCTIONS_SHOWN}) as the vCPU decodes them, in 16-, 32- and 64-bit code; gdb's x/i takes all code for 64-bit.`,
    async run(session, args) {
      const count = countOf(args, INSTRUCTIONS_SHOWN);
      const file = await session.registers();
      const pc = linearPc(file);
      const bytes = await session.control.readMemory(
        session.vm,
        { kind: 'virtual', vcpu: session.vcpu },
        pc,
        count * MAX_INSTRUCTION_LENGTH,
      );
      const decoder = await session.debugger.loadDecoder();
      const listing = decoder.decode(bytes, pc, bitnessOf(file.mode), count);
      const rows = listing.map((each) => {
        const symbol = session.debugger.symbols.describe(session.debugger.addresses.toLinked(each.address));
        return [at(each.address), symbol === '' ? '' : `<${symbol}>`, each.text];
      });
      return [`vCPU ${session.vcpu}, ${file.mode}`, table(rows)].join('\n');
    },
  },
];
