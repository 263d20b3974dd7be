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
};
