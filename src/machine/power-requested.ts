// A guest asks for power off, a reset, or the end by the debug-exit port: what becomes of the run.
import type { ExitInfo } from './control/types';
import type { Host } from './host';
import { debugExitCode, type PowerRequest } from './vm/power';
import type { Vm } from './vm/vm';

/** Process exit status, beside those of triple faults and limits. */
const CRASHED = 125;
export const switchedOff: ExitInfo = { reason: 'power-off', code: 0, text: 'the guest was switched off by the user' };

/** undefined: it goes on. */
export function powerRequested(host: Host, vm: Vm, request: PowerRequest): ExitInfo | undefined {
  switch (request.kind) {
    case 'debug-exit': {
      vm.trace.power('debug-exit', request.value);
      const code = debugExitCode(request.value);
      return { reason: 'debug-exit', code, text: `the guest ended itself with value ${request.value} (status ${code})` };
    }
    case 'power-off':
      vm.trace.power('power-off', 0);
      return { reason: 'power-off', code: 0, text: `the guest switched itself off (${request.source})` };
    case 'crash':
      vm.trace.power('crash', 0);
      return { reason: 'crash', code: CRASHED, text: `the guest says that it has crashed (${request.source})` };
    case 'switch-off':
      vm.trace.power('power-off', 0);
      return switchedOff;
    case 'restart':
      host.start(vm, true);
      return undefined;
    case 'reset':
      vm.trace.power('reset', 0);
      if (vm.config.onReset !== 'reboot') return { reason: 'reset', code: 0, text: `the guest reset itself (${request.source})` };
      host.start(vm, true);
      return undefined;
  }
}
