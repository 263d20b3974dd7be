// The vCPU Registers panel: its names and what its client may ask of the adapter.
import type { PanelDefinition } from '../kit/protocol';

export const vcpuPanel = {
  id: 'vcpu',
  viewType: 'hyperscope.vcpu',
  command: 'hyperscope.showVcpu',
  title: 'vCPU Registers',
  topic: 'registers',
  requests: ['hyperscope/registers', 'hyperscope/setRegister', 'hyperscope/locate'],
} as const satisfies PanelDefinition;
