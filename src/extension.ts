// Entry point of the extension: makes what its parts share, then the parts. A new part is one file in host/ and one line here.
import type { ExtensionContext } from 'vscode';
import { adapterPart } from './host/adapter/part';
import { assemblyPart } from './host/assembly/part';
import { breakpointsPart } from './host/breakpoints/part';
import { bugReportPart } from './host/bug-report';
import { commandsPart } from './host/commands';
import { configurationPart } from './host/configuration';
import { consolePart } from './host/console';
import { constantsPart } from './host/constants/part';
import { dapLogPart } from './host/dap-log';
import { heatPart } from './host/heat/part';
import { createHost, type Part } from './host/host';
import { hypercallsPart } from './host/hypercalls/part';
import { linuxPart } from './host/linux/part';
import { modulesPart } from './host/modules/part';
import { numberFormatPart } from './host/number-format';
import { panelsPart } from './host/panels';
import { f5Part } from './host/project/f5';
import { newProjectPart } from './host/project/new-project';
import { runImagePart } from './host/project/run-image';
import { regionsPart } from './host/regions/part';
import { schedulePart } from './host/schedule/part';
import { statusBarPart } from './host/status-bar';
import { timeTravelPart } from './host/time-travel';
import { vcpusPart } from './host/vcpus';
import { vmsPart } from './host/vms';

const parts: readonly Part[] = [
  configurationPart,
  adapterPart,
  dapLogPart,
  consolePart,
  hypercallsPart,
  panelsPart,
  statusBarPart,
  commandsPart,
  bugReportPart,
  newProjectPart,
  runImagePart,
  f5Part,
  breakpointsPart,
  linuxPart,
  modulesPart,
  numberFormatPart,
  constantsPart,
  assemblyPart,
  heatPart,
  timeTravelPart,
  vcpusPart,
  vmsPart,
  regionsPart,
  schedulePart,
];

export function activate(context: ExtensionContext): void {
  const host = createHost(context);
  for (const part of parts) context.subscriptions.push(part(host));
}
