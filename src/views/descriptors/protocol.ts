// The Descriptors panel: its names and what its client may ask of the adapter.
import type { PanelDefinition } from '../kit/protocol';

export const descriptorsPanel = {
  id: 'descriptors',
  viewType: 'hyperscope.descriptors',
  command: 'hyperscope.showDescriptors',
  title: 'Descriptors',
  topic: 'descriptors',
  requests: ['hyperscope/descriptors', 'hyperscope/panelBreakpoints'],
} as const satisfies PanelDefinition;
