// What a launch wants of its host, not of one VM: what stops it, how time goes, what is recorded.
import type { MachineControl } from '../../machine/control/control';
import type { LaunchArguments } from '../../protocol/launch';
import { LAUNCH_DEFAULTS } from './defaults';
import { parseSize } from './values';

/** `debugs`: the client wants to be stopped, and to go back. */
export async function setUpHost(control: MachineControl, launch: LaunchArguments, debugs: boolean): Promise<void> {
  await control.setStopOn({
    tripleFault: debugs,
    haltedForever: debugs,
    exit: launch.stopOnExit === true && debugs,
  });
  await control.setPace(launch.pace ?? LAUNCH_DEFAULTS.pace);
  const history = launch.history ?? LAUNCH_DEFAULTS.history;
  await control.record(history === 'off' || !debugs ? null : (parseSize(history) ?? null));
}
