// The Linux guest of a launch whose kernel's symbols are loaded.
import type { Debugger } from '../../debug/debugger';
import { LinuxGuest } from '../../debug/linux/linux-guest';
import { UserFiles } from '../../debug/linux/user-files';
import type { LaunchArguments } from '../../protocol/launch';
import type { LoadedSymbols } from './symbols';

/** `moved`: files were added, moved or taken away. Undefined: it is no Linux, or its kernel has no symbols. */
export function linuxGuest(
  debug: Debugger,
  launch: LaunchArguments,
  { kernel, symbols, sourceMap }: LoadedSymbols,
  moved: () => void,
): LinuxGuest | undefined {
  if (kernel === undefined) return undefined;
  const linux = new LinuxGuest(debug, kernel, {
    moved,
    moduleFolders: launch.moduleFolders ?? [],
    sourceMap,
    userFiles: new UserFiles({
      folders: launch.userFolders ?? [],
      named: symbols.all.filter((file) => file !== kernel.file),
      sourceMap,
      debugDirectories: launch.debugDirectories ?? [],
    }),
  });
  debug.onArrival = (stop) => linux.lookAt(stop);
  return linux;
}
