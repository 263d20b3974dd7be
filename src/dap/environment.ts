// What an adapter needs of the process it runs in: a host for a launch, and a place for its log.
import type { MachineControl } from '../machine/control/control';
import type { HostConfig } from '../machine/control/types';
import type { LaunchArguments } from '../protocol/launch';

export interface Environment {
  /** A stopped host, before its first instruction. `launch`: what the configuration does not hold (record, replay, traceFile). */
  createHost(config: HostConfig, launch: LaunchArguments): Promise<MachineControl>;
  log(text: string): void;
}
