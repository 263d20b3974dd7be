// The panels. A new one is a folder in views/ and one line here.
import * as vscode from 'vscode';
import { hypercallsProvider } from '../views/hypercalls/provider';
import { pageTablesProvider } from '../views/page-tables/provider';
import { screenProvider } from '../views/screen/provider';
import { timeProvider } from '../views/time/provider';
import { vcpuProvider } from '../views/vcpu/provider';
import type { Part } from './host';

const providers = [vcpuProvider, pageTablesProvider, hypercallsProvider, timeProvider, screenProvider];

export const panelsPart: Part = ({ context, sessions, log }) =>
  vscode.Disposable.from(...providers.map((provider) => provider({ extensionUri: context.extensionUri, sessions, log })));
