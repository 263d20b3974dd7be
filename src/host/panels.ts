// The panels. A new one is a folder in views/ and one line here.
import * as vscode from 'vscode';
import { compareProvider } from '../views/compare/provider';
import { descriptorsProvider } from '../views/descriptors/provider';
import { devicesProvider } from '../views/devices/provider';
import { hypercallsProvider } from '../views/hypercalls/provider';
import { memoryProvider } from '../views/memory/provider';
import { pageTablesProvider } from '../views/page-tables/provider';
import { profileProvider } from '../views/profile/provider';
import { screenProvider } from '../views/screen/provider';
import { timeProvider } from '../views/time/provider';
import { vcpuProvider } from '../views/vcpu/provider';
import type { Part } from './host';

const providers = [
  vcpuProvider,
  memoryProvider,
  pageTablesProvider,
  hypercallsProvider,
  timeProvider,
  profileProvider,
  compareProvider,
  descriptorsProvider,
  devicesProvider,
  screenProvider,
];

export const panelsPart: Part = ({ context, sessions, log }) =>
  vscode.Disposable.from(
    ...providers.map((provider) => provider({ extensionUri: context.extensionUri, sessions, log })),
    // The debug console asks for a panel.
    sessions.onCustomEvent(({ event, body }) => {
      if (event === 'hyperscope/show' && 'command' in body) void vscode.commands.executeCommand(body.command, body.at);
    }),
  );
