// The Devices panel: its names and what its client may ask of the adapter.
import type { PanelDefinition } from '../kit/protocol';

export const devicesPanel = {
  id: 'devices',
  viewType: 'hyperscope.devices',
  command: 'hyperscope.showDevices',
  title: 'Devices',
  topic: 'devices',
  requests: ['hyperscope/devices'],
} as const satisfies PanelDefinition;
