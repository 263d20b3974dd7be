// What can be wrong between a Linux guest and its symbols: one sentence each that says what to do.
import { DebugError } from '../debug-error';

const error = (id: string, text: string) => new DebugError(id, text);

export const linuxErrors = {
  otherBuild: (path: string, mine: string, theirs: string | undefined) =>
    error(
      'other-kernel',
      `${path} is not the vmlinux of the kernel that runs: its build-id is ${mine}, the kernel's is ${theirs ?? 'unknown (it has none)'}. ` +
        'Its symbols are not used; name the vmlinux of the same build in "symbolFiles".',
    ),
  otherRelease: (path: string, mine: string, buildId: string, image: string, theirs: string, theirBuildId: string | undefined) =>
    error(
      'other-release',
      `${path} is the vmlinux of Linux ${mine} (build-id ${buildId}), but ${image} is Linux ${theirs} (build-id ${theirBuildId ?? 'not known'}): ` +
        'name the vmlinux of the same build in "symbolFiles".',
    ),
} as const;
