// What can be wrong with a launch configuration beyond its form, as named constructors.
import * as vscode from 'vscode';
import { UserError } from '../base/user-error';

export const configurationErrors = {
  noImage: (path: string) =>
    new UserError(
      'no-image',
      vscode.l10n.t('There is no image {0}: build it first (a "preLaunchTask" does that on F5), or set "image" in launch.json.', path),
    ),
  untrusted: (setting: string) =>
    new UserError(
      'untrusted',
      vscode.l10n.t(
        '"{0}" writes a file, and this workspace is not trusted: trust it ("Manage Workspace Trust"), or take the setting away.',
        setting,
      ),
    ),
  nothingToAttachTo: () =>
    new UserError(
      'nothing-to-attach-to',
      vscode.l10n.t(
        'There is no such guest in this window to attach to: start one with F5, or set "port" or "pipe" to where an adapter listens (hyperscope dap --port N).',
      ),
    ),
  manyToAttachTo: (names: string) =>
    new UserError(
      'many-to-attach-to',
      vscode.l10n.t('Several guests run in this window: set "guest" in launch.json to one of {0}.', names),
    ),
  badAttach: (setting: string, value: string) =>
    new UserError(
      'bad-attach',
      vscode.l10n.t('launch.json: "{0}" cannot be {1}: give the port or the pipe at which an adapter listens.', setting, value),
    ),
};
