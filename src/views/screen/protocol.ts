// The Screen panel: its names and what its client may ask of the adapter.
import type { PanelDefinition } from '../kit/protocol';

export const screenPanel = {
  id: 'screen',
  viewType: 'hyperscope.screen',
  command: 'hyperscope.showScreen',
  title: 'Screen',
  topic: 'screen',
  requests: ['hyperscope/screen', 'hyperscope/keys'],
} as const satisfies PanelDefinition;
