// The extension's side of the Time panel.
import { Panel } from '../kit/host/panel';
import type { PanelServices } from '../kit/host/services';
import { timePanel } from './protocol';

export const timeProvider = (services: PanelServices): Panel => new Panel(timePanel, services);
