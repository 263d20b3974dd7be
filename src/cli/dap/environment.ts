// Hosts for the adapter that runs in this process: in a worker thread where the bundle has one, else in this thread. Inputs are replayed and recorded as launch.json says.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../dap/environment';
import { InProcessControl } from '../../debug/host-link/in-process';
import { RemoteControl } from '../../debug/host-link/remote';
import { readInput } from '../files/input-file';
import { OutputFile } from '../files/output-file';

const WORKER = 'engine-worker.js';

/** `folder`: where the bundles are. */
export function processEnvironment(folder: string, log: (text: string) => void): Environment {
  return {
    log,
    async createHost(config, launch) {
      const script = join(folder, WORKER);
      const record = launch.record === undefined ? undefined : new OutputFile('the input log', launch.record);
      const control = existsSync(script) ? await RemoteControl.start(config, script) : new InProcessControl(config);
      if (launch.replay !== undefined)
        await control.replay(new TextDecoder().decode(readInput('the input log', launch.replay)), launch.replay);
      if (record === undefined) return control;
      const dispose = control.dispose.bind(control);
      control.dispose = async () => {
        record.write(await control.inputLog());
        record.close();
        await dispose();
      };
      return control;
    },
  };
}
