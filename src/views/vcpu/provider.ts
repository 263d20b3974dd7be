// The extension's side of the vCPU Registers panel.
import { Panel } from '../kit/host/panel';
import type { PanelServices } from '../kit/host/services';
import { vcpuPanel } from './protocol';

export const vcpuProvider = (services: PanelServices): Panel => new Panel(vcpuPanel, services);
