// The extension's side of the Compare panel.
import { Panel } from '../kit/host/panel';
import type { PanelServices } from '../kit/host/services';
import { comparePanel } from './protocol';

export const compareProvider = (services: PanelServices): Panel => new Panel(comparePanel, services);
