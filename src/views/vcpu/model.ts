// The vCPU panel without its drawing: registers in groups as texts, in hexadecimal or decimal, filtered, and what a typed value means.

import type { RegisterGroup, RegisterRow, RegistersAnswer } from '../../protocol/requests';
import { fromHex } from '../../protocol/wire';

export type NumberFormat = 'hex' | 'unsigned' | 'signed';

export interface VcpuPanelState {
  format: NumberFormat;
  filter: string;
  collapsed: string[];
  /** Only what has changed since the stop before. */
  onlyChanged: boolean;
}
export const initialState: VcpuPanelState = { format: 'hex', filter: '', collapsed: [], onlyChanged: false };

export interface BitView {
  name: string;
  /** "cr0.WP": what is set. */
  path: string;
  /** 1, or more for a field. */
  width: number;
  value: number;
  title: string;
}
export interface RegisterView {
  name: string;
  value: string;
  text: string;
  changed: boolean;
  /** "was 00000000 00000010" where it has changed. */
  before: string;
  editable: boolean;
  bits: BitView[];
  hex: string;
}
export interface GroupView {
  name: RegisterGroup['name'];
  collapsed: boolean;
  registers: RegisterView[];
}

/** Hexadecimal in full width, in groups of eight digits: "ffffffff 80001000". */
export function formatRegister({ value, width }: Pick<RegisterRow, 'value' | 'width'>, format: NumberFormat): string {
  const number = fromHex(value);
  if (format === 'unsigned') return number.toString();
  if (format === 'signed') return BigInt.asIntN(width, number).toString();
  const digits = number.toString(16).padStart(Math.ceil(width / 4), '0');
  return digits.replace(/\B(?=([0-9a-f]{8})+$)/g, ' ');
}

const bitTitle = (register: string, { name, low, high, value }: NonNullable<RegisterRow['bits']>[number]): string =>
  `${register}.${name}, ${high > low ? `bits ${high}:${low}` : `bit ${low}`}: ${value}`;

function registerView(register: RegisterRow, format: NumberFormat): RegisterView {
  const { name, text, changed, before, bits = [], width, readOnly } = register;
  return {
    ...{ name, text, changed },
    value: formatRegister(register, format),
    before: before === undefined ? '' : `was ${formatRegister({ value: before, width }, format)}`,
    editable: !readOnly,
    bits: bits.map((bit) => ({
      name: bit.name,
      path: `${name}.${bit.name}`,
      width: bit.high - bit.low + 1,
      value: bit.value,
      title: bitTitle(name, bit),
    })),
    hex: register.value,
  };
}

export function groupsView(answer: RegistersAnswer, { format, filter, collapsed, onlyChanged }: VcpuPanelState): GroupView[] {
  const wanted = filter.trim().toLowerCase();
  const fits = ({ name, text, bits = [] }: RegisterRow): boolean =>
    `${name} ${text} ${bits.map((bit) => bit.name).join(' ')}`.toLowerCase().includes(wanted);
  return answer.groups
    .map(({ name, registers }) => ({
      name,
      collapsed: wanted === '' && !onlyChanged && collapsed.includes(name),
      registers: registers
        .filter((register) => fits(register) && (!onlyChanged || register.changed))
        .map((register) => registerView(register, format)),
    }))
    .filter(({ registers }) => registers.length > 0);
}

/** What the user typed, as the adapter takes it: a number as it is shown (blanks and underscores between digits are allowed), or an expression. Undefined: nothing. */
export function parseTyped(text: string, format: NumberFormat): string | undefined {
  const plain = text.trim().replace(/(?<=[0-9a-f])[\s_]+(?=[0-9a-f])/gi, '');
  if (plain === '') return undefined;
  if (format === 'hex' && /^[0-9a-f]+$/i.test(plain)) return `0x${plain.toLowerCase()}`;
  return /^-?(0x[0-9a-f]+|[0-9]+)$/i.test(plain) ? plain.toLowerCase() : text.trim();
}

/** "long64, CPL 0, running". */
export const summary = ({ mode, cpl, activity }: Pick<RegistersAnswer, 'mode' | 'cpl' | 'activity'>): string =>
  `${mode}, CPL ${cpl}, ${activity}`;
