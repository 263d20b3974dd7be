// What can be wrong with a launch configuration beyond its form, as named constructors.
import { UserError } from '../base/user-error';

export const configurationErrors = {
  noImage: (path: string) =>
    new UserError(
      'no-image',
      `There is no image ${path}: build it first (a "preLaunchTask" does that on F5), or set "image" in launch.json.`,
    ),
  untrusted: (setting: string) =>
    new UserError(
      'untrusted',
      `"${setting}" writes a file, and this workspace is not trusted: trust it ("Manage Workspace Trust"), or take the setting away.`,
    ),
};
