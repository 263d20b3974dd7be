// What a comparison sets side by side: the interface that the guest is shown, and what its exits cost.
import type { VmConfig } from '../control/types';
import { COST_TABLES } from '../costs/tables';
import type { ExecutionModel } from '../exits.rows';

export interface Side {
  readonly hypervisor: VmConfig['hypervisor'];
  readonly model: ExecutionModel;
  /** A table of the model; not given: its round one. */
  readonly costs?: string;
}

const MODEL_NAMES: Readonly<Record<ExecutionModel, string>> = {
  hw: 'hardware-assisted',
  trap: 'trap-and-emulate',
  pv: 'paravirtual',
};

/** "none:hw", "kvm:hw-2016" */
export const sideName = ({ hypervisor, model, costs = model }: Side): string => `${hypervisor}:${costs}`;
/** "fully virtualised, hardware-assisted" */
export const sideText = ({ hypervisor, model, costs }: Side): string =>
  `${hypervisor === 'none' ? 'fully virtualised' : `paravirtualised (${hypervisor})`}, ${MODEL_NAMES[model]}${costs === undefined ? '' : ` at the costs of ${costs}`}`;

export function parseSide(text: string): Side | undefined {
  const [, hypervisor, name] = /^(none|kvm|xen):([\w-]+)$/.exec(text) ?? [];
  const table = COST_TABLES.find((each) => each.name === name);
  if (hypervisor === undefined || table === undefined) return undefined;
  const { model } = table;
  return { hypervisor: hypervisor as Side['hypervisor'], model, ...(table.name !== model && { costs: table.name }) };
}
