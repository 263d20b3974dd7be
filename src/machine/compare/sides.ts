// What a comparison sets side by side: the interface that the guest is shown, and what its exits cost.
import type { VmConfig } from '../control/types';
import type { ExecutionModel } from '../exits.rows';

export interface Side {
  readonly hypervisor: VmConfig['hypervisor'];
  readonly model: ExecutionModel;
}

/** The cost tables by name (exits.rows.ts has them with their sources). */
export const MODEL_NAMES: Readonly<Record<ExecutionModel, string>> = {
  hw: 'hardware-assisted',
  trap: 'trap-and-emulate',
  pv: 'paravirtual',
};

/** "none:hw" */
export const sideName = ({ hypervisor, model }: Side): string => `${hypervisor}:${model}`;
/** "fully virtualised, hardware-assisted" */
export const sideText = ({ hypervisor, model }: Side): string =>
  `${hypervisor === 'none' ? 'fully virtualised' : `paravirtualised (${hypervisor})`}, ${MODEL_NAMES[model]}`;

export function parseSide(text: string): Side | undefined {
  const [, hypervisor, model] = /^(none|kvm|xen):(hw|trap|pv)$/.exec(text) ?? [];
  return hypervisor === undefined || model === undefined ? undefined : ({ hypervisor, model } as Side);
}
