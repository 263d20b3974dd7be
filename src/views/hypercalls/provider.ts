// The extension's side of the Hypercalls and Exits panel.
import { Panel } from '../kit/host/panel';
import type { PanelServices } from '../kit/host/services';
import { hypercallsPanel } from './protocol';

export const hypercallsProvider = (services: PanelServices): Panel => new Panel(hypercallsPanel, services);
