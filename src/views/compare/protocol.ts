// The Compare panel: its names and what its client may ask of the adapter.
import type { PanelDefinition } from '../kit/protocol';

export const comparePanel = {
  id: 'compare',
  viewType: 'hyperscope.compare',
  command: 'hyperscope.showCompare',
  title: 'Compare',
  topic: 'compare',
  requests: ['hyperscope/compare'],
  saves: ['hyperscope/compareExport'],
} as const satisfies PanelDefinition;
