// Names of a vCPU's activity states (SDM vol 3 25.4.2; wait-for-SIPI).
import { Activity } from '../../x86/layout';

const NAMES: Readonly<Record<number, string>> = {
  [Activity.running]: 'running',
  [Activity.halted]: 'halted',
  [Activity.mwait]: 'halted',
  [Activity.frozen]: 'frozen (FERR#)',
  [Activity.waitForSipi]: 'wait-for-SIPI',
  [Activity.shutdown]: 'shutdown',
};

export const activityName = (activity: number): string => NAMES[activity] ?? `unknown ${activity}`;
