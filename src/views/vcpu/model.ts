// The vCPU panel without its drawing: registers in groups as texts, in hexadecimal or decimal, filtered, and what a typed value means.

import type { RegisterGroup, RegisterRow, RegistersAnswer } from '../../protocol/requests';
import { fromHex } from '../../protocol/wire';

export type NumberFormat = 'hex' | 'unsigned' | 'signed';

export interface VcpuPanelState {
  format: NumberFormat;
  filter: string;
  collapsed: string[];
}
export const initialState: VcpuPanelState = { format: 'hex', filter: '', collapsed: [] };

export interface RegisterView {
  name: string;
  value: string;
  text: string;
  changed: boolean;
  /** 128-bit and wider registers are shown, not edited. */
  editable: boolean;
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

export function groupsView(answer: RegistersAnswer, { format, filter, collapsed }: VcpuPanelState): GroupView[] {
  const wanted = filter.trim().toLowerCase();
  return answer.groups
    .map(({ name, registers }) => ({
      name,
      collapsed: wanted === '' && collapsed.includes(name),
      registers: registers
        .filter((register) => `${register.name} ${register.text}`.toLowerCase().includes(wanted))
        .map((register) => ({
          name: register.name,
          value: formatRegister(register, format),
          text: register.text,
          changed: register.changed,
          editable: register.width <= 64,
        })),
    }))
    .filter(({ registers }) => registers.length > 0);
}

/** What the user typed, as the adapter takes it: "0x…" or decimal; blanks and underscores between digits are allowed. Undefined: no number. */
export function parseTyped(text: string, format: NumberFormat): string | undefined {
  const plain = text.trim().replace(/[\s_]/g, '');
  if (/^-?0x[0-9a-f]+$/i.test(plain)) return plain.toLowerCase();
  if (format === 'hex') return /^[0-9a-f]+$/i.test(plain) ? `0x${plain.toLowerCase()}` : undefined;
  return /^-?[0-9]+$/.test(plain) ? plain : undefined;
}

/** "long64, CPL 0, running". */
export const summary = ({ mode, cpl, activity }: Pick<RegistersAnswer, 'mode' | 'cpl' | 'activity'>): string =>
  `${mode}, CPL ${cpl}, ${activity}`;
