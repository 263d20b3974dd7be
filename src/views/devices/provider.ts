// The extension's side of the Devices panel.
import { Panel } from '../kit/host/panel';
import type { PanelServices } from '../kit/host/services';
import { devicesPanel } from './protocol';

export const devicesProvider = (services: PanelServices): Panel => new Panel(devicesPanel, services);
