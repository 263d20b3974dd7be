// The extension's side of the Memory panel.
import { Panel } from '../kit/host/panel';
import type { PanelServices } from '../kit/host/services';
import { memoryPanel } from './protocol';

export const memoryProvider = (services: PanelServices): Panel => new Panel(memoryPanel, services);
