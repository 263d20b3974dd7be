// The extension's side of the Screen panel.
import { Panel } from '../kit/host/panel';
import type { PanelServices } from '../kit/host/services';
import { screenPanel } from './protocol';

export const screenProvider = (services: PanelServices): Panel => new Panel(screenPanel, services);
