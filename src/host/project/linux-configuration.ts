// A Linux kernel's build folder (Kbuild and vmlinux) gives a launch configuration by itself.
import type * as vscode from 'vscode';
import { BUILTIN_INITRD } from '../../dap/launch/tiny-initramfs';
import { debugType } from '../debug-type';

const BZIMAGE = 'arch/x86/boot/bzImage';
/** By convention, beside the kernel. */
const INITRDS = ['initramfs.cpio.gz', 'initramfs.cpio', 'initrd.img'];

/** `there`: whether a path below the folder exists. */
export async function linuxConfiguration(there: (path: string) => Promise<boolean>): Promise<vscode.DebugConfiguration | undefined> {
  if (!(await there('Kbuild')) || !(await there('vmlinux'))) return undefined;
  const inFolder = (path: string): string => `\${workspaceFolder}/${path}`;
  const hasBzImage = await there(BZIMAGE);
  let initrd = BUILTIN_INITRD;
  for (const path of INITRDS.toReversed()) if (await there(path)) initrd = inFolder(path);
  return {
    ...{ type: debugType, request: 'launch', name: 'Debug Linux' },
    ...(hasBzImage
      ? { image: inFolder(BZIMAGE), fastBoot: true, symbolFiles: [{ file: inFolder('vmlinux') }] }
      : { image: inFolder('vmlinux') }),
    initrd,
    append: 'console=ttyS0',
  };
}
