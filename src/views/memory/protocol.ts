// The Memory panel: its names and what its client may ask of the adapter.
import type { PanelDefinition } from '../kit/protocol';

export const memoryPanel = {
  id: 'memory',
  viewType: 'hyperscope.memory',
  command: 'hyperscope.showMemory',
  title: 'Memory',
  topic: 'memory',
  requests: [
    'hyperscope/memory',
    'hyperscope/memoryAddress',
    'hyperscope/changeMemory',
    'hyperscope/panelBreakpoints',
    'hyperscope/lastWrite',
    'hyperscope/locate',
  ],
} as const satisfies PanelDefinition;
