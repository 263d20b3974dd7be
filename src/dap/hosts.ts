// Hosts for launches: in a worker thread where its script is there, else in this one; with recorded input put in and taken out.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { UserError } from '../base/user-error';
import { InProcessControl } from '../debug/host-link/in-process';
import { RemoteControl } from '../debug/host-link/remote';
import { readSnapshotFile } from '../debug/host-link/snapshot-file';
import type { EngineControl } from '../machine/control/engine-control';
import type { HostConfig } from '../machine/control/types';
import type { LaunchArguments } from '../protocol/launch';
import { DapError, dapErrors } from './errors';
import { reasonOf } from './launch/host-config';

/** `worker`: dist/engine-worker.js. */
export async function createHost(config: HostConfig, launch: LaunchArguments, worker: string | undefined): Promise<EngineControl> {
  const { record, replay } = launch;
  const log = replay === undefined ? undefined : readLog(replay);
  if (record !== undefined) writeLog(record, '');
  const control = worker !== undefined && existsSync(worker) ? await RemoteControl.start(config, worker) : new InProcessControl(config);
  if (launch.snapshot !== undefined) await restored(control, launch.snapshot);
  // A person may type: a guest that waits for it is idle, not halted for ever.
  await control.setInputOpen(launch.console === 'terminal' || launch.machine === 'pc');
  if (log !== undefined && replay !== undefined) await control.replay(log, replay);
  // Whoever has a terminal may still type: a guest that waits at a prompt is not halted for ever.
  else if ((launch.console ?? 'terminal') === 'terminal') await control.setInputOpen(true);
  return record === undefined ? control : recording(control, record);
}

/** What cannot be used leaves no host behind. */
async function restored(control: EngineControl, path: string): Promise<void> {
  try {
    await control.restore(readSnapshot(path));
  } catch (error) {
    await control.dispose();
    throw error instanceof UserError && !(error instanceof DapError) ? dapErrors.badSnapshot(path, error.message) : error;
  }
}

function readSnapshot(path: string): Uint8Array {
  try {
    return readSnapshotFile(path);
  } catch (error) {
    throw error instanceof UserError ? error : dapErrors.unreadable('snapshot', path, reasonOf(error));
  }
}

/** Writes the log of inputs when the host is let go. */
function recording(control: EngineControl, path: string): EngineControl {
  const dispose = control.dispose.bind(control);
  control.dispose = async () => {
    try {
      writeLog(path, await control.inputLog());
    } finally {
      await dispose();
    }
  };
  return control;
}

function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw dapErrors.unreadable('replay', path, reasonOf(error));
  }
}

function writeLog(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw dapErrors.unwritable('record', path, reasonOf(error));
  }
}
