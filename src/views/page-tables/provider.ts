// The extension's side of the Page Tables panel.
import { Panel } from '../kit/host/panel';
import type { PanelServices } from '../kit/host/services';
import { pageTablesPanel } from './protocol';

export const pageTablesProvider = (services: PanelServices): Panel => new Panel(pageTablesPanel, services);
