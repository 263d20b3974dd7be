// The Hypercalls and Exits panel: its names and what its client may ask of the adapter.
import type { PanelDefinition } from '../kit/protocol';

export const hypercallsPanel = {
  id: 'hypercalls',
  viewType: 'hyperscope.hypercalls',
  command: 'hyperscope.showHypercalls',
  title: 'Hypercalls and Exits',
  topic: 'trace',
  requests: ['hyperscope/traceRows', 'hyperscope/traceGroups', 'hyperscope/locate', 'hyperscope/goTo'],
  saves: ['hyperscope/traceExport'],
} as const satisfies PanelDefinition;
