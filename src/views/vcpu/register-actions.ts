// What can be done with a register: one entry each, shown as buttons for the register that has the focus.

import type { Hex } from '../../protocol/wire';
import { t } from '../kit/texts';
import type { RegisterView } from './model';

export interface RegisterPort {
  edit(register: RegisterView): void;
  openSource(address: Hex): void;
  show(command: `hyperscope.show${string}`, wish: { at: string; space?: 'virtual' | 'physical' }): void;
}

export interface RegisterAction {
  label: string;
  title: string;
  applies?(register: RegisterView): boolean;
  act(register: RegisterView, port: RegisterPort): void;
}

const isRoot = ({ name }: RegisterView): boolean => name === 'cr3';
/** At most 64 bits and no bits with names: it may be an address. */
const isAddress = ({ hex, bits }: RegisterView): boolean => hex.length <= 18 && bits.length === 0;

/** The panel follows the register from then on. */
export const showMemory: RegisterAction = {
  label: t('Show memory'),
  title: t('Shows the bytes it points to in the panel Memory (M)'),
  applies: (register) => isAddress(register) && !isRoot(register),
  act: ({ name, hex }, port) =>
    port.show('hyperscope.showMemory', { at: /^[a-z][a-z0-9.]*$/.test(name) ? `$${name}` : hex, space: 'virtual' }),
};

export const registerActions: readonly RegisterAction[] = [
  {
    label: t('Change'),
    title: t('A number or an expression (Enter)'),
    applies: ({ editable }) => editable,
    act: (register, port) => port.edit(register),
  },
  showMemory,
  {
    label: t('Show the tables in Memory'),
    title: t('Shows the top page table in the panel Memory'),
    applies: isRoot,
    act: ({ hex }, port) =>
      port.show('hyperscope.showMemory', { at: `0x${(BigInt(hex) & 0x000f_ffff_ffff_f000n).toString(16)}`, space: 'physical' }),
  },
  {
    label: t('Walk page tables'),
    title: t('Translates it in the panel Page Tables'),
    applies: (register) => isAddress(register) && !isRoot(register),
    act: ({ hex }, port) => port.show('hyperscope.showPageTables', { at: hex }),
  },
  {
    label: t('Go to source'),
    title: t('Opens the source line of the address'),
    applies: (register) => isAddress(register) && register.text !== '' && !isRoot(register),
    act: ({ hex }, port) => port.openSource(hex),
  },
];
