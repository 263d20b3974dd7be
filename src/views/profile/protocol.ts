// The Profile panel: its names and what its client may ask of the adapter.
import type { PanelDefinition } from '../kit/protocol';

export const profilePanel = {
  id: 'profile',
  viewType: 'hyperscope.profile',
  command: 'hyperscope.showProfile',
  title: 'Profile',
  topic: 'profile',
  requests: ['hyperscope/profile', 'hyperscope/profileTree'],
  saves: ['hyperscope/profileExport'],
} as const satisfies PanelDefinition;
