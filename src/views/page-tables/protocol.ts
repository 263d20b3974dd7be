// The Page Tables panel: its names and what its client may ask of the adapter.
import type { PanelDefinition } from '../kit/protocol';

export const pageTablesPanel = {
  id: 'page-tables',
  viewType: 'hyperscope.pageTables',
  command: 'hyperscope.showPageTables',
  title: 'Page Tables',
  topic: 'pageTables',
  requests: ['hyperscope/walk', 'hyperscope/mappedRanges', 'hyperscope/registers', 'hyperscope/locate'],
} as const satisfies PanelDefinition;
