// What can be done with a line of the map: one entry each, shown as buttons under the list. The first is also what Enter does.

import type { Hex } from '../../protocol/wire';
import { t } from '../kit/texts';

/** What a line is about. */
export interface MapPlace {
  start: Hex;
  /** Undefined: not mapped in the vCPU's tables. */
  gpa: Hex | undefined;
}

export interface MapPort {
  walk(address: Hex): void;
  openSource(address: Hex): void;
  show(command: `hyperscope.show${string}`, wish: { at: string; space?: 'virtual' | 'physical' }): void;
}

export interface MapAction {
  label: string;
  title: string;
  applies?(place: MapPlace): boolean;
  act(place: MapPlace, port: MapPort): void;
}

export const mapActions: readonly MapAction[] = [
  { label: t('Walk'), title: t('Translates the address step by step (Enter)'), act: ({ start }, port) => port.walk(start) },
  {
    label: t('Show memory'),
    title: t('Shows the bytes at the address in the panel Memory'),
    act: ({ start }, port) => port.show('hyperscope.showMemory', { at: start, space: 'virtual' }),
  },
  {
    label: t('Show physical memory'),
    title: t('Shows the frames in the panel Memory'),
    applies: ({ gpa }) => gpa !== undefined,
    act: ({ gpa }, port) => gpa !== undefined && port.show('hyperscope.showMemory', { at: gpa, space: 'physical' }),
  },
  { label: t('Go to source'), title: t('Opens the source line of the address'), act: ({ start }, port) => port.openSource(start) },
];
