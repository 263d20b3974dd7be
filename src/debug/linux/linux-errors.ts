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
  otherProgram: (path: string, inGuest: string) =>
    error(
      'other-program',
      `${path} is not the ${inGuest} that the guest runs (their headers differ): its symbols are not used; ` +
        'name the file of the same build in "symbolFiles" or its folder in "userFolders".',
    ),
  noSymbol: (name: string) => error('linux-no-symbol', `The kernel has no symbol "${name}": this version of Linux keeps it elsewhere.`),
  noType: (what: string) =>
    error('linux-no-type', `The debug information has no ${what}: this version of Linux keeps it elsewhere, or the vmlinux has none.`),
  unreadable: (address: bigint) => error('linux-unreadable', `The kernel's memory at 0x${address.toString(16)} cannot be read now.`),
  badCall: (name: string, what: string) => error('linux-bad-call', `${name}: ${what}.`),
  notLocated: () => error('linux-not-located', 'Linux has not set up its memory yet: go on to start_kernel first.'),
} as const;
