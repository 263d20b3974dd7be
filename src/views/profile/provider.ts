// The extension's side of the Profile panel.
import { Panel } from '../kit/host/panel';
import type { PanelServices } from '../kit/host/services';
import { profilePanel } from './protocol';

export const profileProvider = (services: PanelServices): Panel => new Panel(profilePanel, services);
