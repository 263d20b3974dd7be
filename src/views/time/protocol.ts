// The Time panel: its names and what its client may ask of the adapter.
import type { PanelDefinition } from '../kit/protocol';

export const timePanel = {
  id: 'time',
  viewType: 'hyperscope.time',
  command: 'hyperscope.showTime',
  title: 'Time',
  topic: 'time',
  requests: ['hyperscope/time', 'hyperscope/goTo'],
} as const satisfies PanelDefinition;
