// The extension's side of the Descriptors panel.
import { Panel } from '../kit/host/panel';
import type { PanelServices } from '../kit/host/services';
import { descriptorsPanel } from './protocol';

export const descriptorsProvider = (services: PanelServices): Panel => new Panel(descriptorsPanel, services);
