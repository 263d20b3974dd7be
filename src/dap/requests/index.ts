// Every request this adapter answers: one line each.

import { alone } from '../custom/alone';
import { changeMemory } from '../custom/change-memory';
import { compare } from '../custom/compare';
import { compareExport } from '../custom/compare-export';
import { descriptors } from '../custom/descriptors';
import { devices } from '../custom/devices';
import { fork } from '../custom/fork';
import { goToMoment } from '../custom/go-to';
import { history } from '../custom/history';
import { hold } from '../custom/hold';
import { hypercallBreakpoints } from '../custom/hypercall-breakpoints';
import { input } from '../custom/input';
import { keys } from '../custom/keys';
import { lastWrite } from '../custom/last-write';
import { linux } from '../custom/linux';
import { locate } from '../custom/locate';
import { mappedRanges } from '../custom/mapped-ranges';
import { memory } from '../custom/memory';
import { memoryAddress } from '../custom/memory-address';
import { numberFormat } from '../custom/number-format';
import { panelBreakpoints } from '../custom/panel-breakpoints';
import { profile } from '../custom/profile';
import { profileExport } from '../custom/profile-export';
import { profileLines } from '../custom/profile-lines';
import { profileTree } from '../custom/profile-tree';
import { region, regions } from '../custom/regions';
import { registers } from '../custom/registers';
import { reverseStepInto, reverseStepOut } from '../custom/reverse-step';
import { saveSnapshot } from '../custom/save-snapshot';
import { schedule } from '../custom/schedule';
import { screen } from '../custom/screen';
import { setRegister } from '../custom/set-register';
import { statistics } from '../custom/statistics';
import { subscribe } from '../custom/subscribe';
import { time } from '../custom/time';
import { trace } from '../custom/trace';
import { traceExport } from '../custom/trace-export';
import { traceGroups } from '../custom/trace-groups';
import { traceRows } from '../custom/trace-rows';
import { walk } from '../custom/walk';
import type { RequestHandler } from '../handler';
import { attach } from './attach';
import { breakpointLocations } from './breakpoint-locations';
import { cancel } from './cancel';
import { completions } from './completions';
import { configurationDone } from './configuration-done';
import { continueRequest } from './continue';
import { dataBreakpointInfo } from './data-breakpoint-info';
import { disassemble } from './disassemble';
import { disconnect } from './disconnect';
import { evaluate } from './evaluate';
import { exceptionInfo } from './exception-info';
import { goTo } from './goto';
import { gotoTargets } from './goto-targets';
import { initialize } from './initialize';
import { launch } from './launch';
import { loadedSources } from './loaded-sources';
import { modules } from './modules';
import { next } from './next';
import { pause } from './pause';
import { readMemory } from './read-memory';
import { restart } from './restart';
import { restartFrame } from './restart-frame';
import { reverseContinue } from './reverse-continue';
import { scopes } from './scopes';
import { setBreakpoints } from './set-breakpoints';
import { setDataBreakpoints } from './set-data-breakpoints';
import { setExceptionBreakpoints } from './set-exception-breakpoints';
import { setExpression } from './set-expression';
import { setFunctionBreakpoints } from './set-function-breakpoints';
import { setInstructionBreakpoints } from './set-instruction-breakpoints';
import { setVariable } from './set-variable';
import { source } from './source';
import { stackTrace } from './stack-trace';
import { stepBack } from './step-back';
import { stepIn } from './step-in';
import { stepInTargets } from './step-in-targets';
import { stepOut } from './step-out';
import { terminate } from './terminate';
import { terminateThreads } from './terminate-threads';
import { threads } from './threads';
import { variables } from './variables';
import { writeMemory } from './write-memory';

export const REQUESTS: readonly RequestHandler[] = [
  attach,
  breakpointLocations,
  cancel,
  completions,
  configurationDone,
  continueRequest,
  dataBreakpointInfo,
  disassemble,
  disconnect,
  evaluate,
  exceptionInfo,
  goTo,
  gotoTargets,
  initialize,
  launch,
  loadedSources,
  modules,
  next,
  pause,
  readMemory,
  restart,
  restartFrame,
  reverseContinue,
  scopes,
  setBreakpoints,
  setDataBreakpoints,
  setExceptionBreakpoints,
  setExpression,
  setFunctionBreakpoints,
  setInstructionBreakpoints,
  setVariable,
  source,
  stackTrace,
  stepBack,
  stepIn,
  stepInTargets,
  stepOut,
  terminate,
  terminateThreads,
  threads,
  variables,
  writeMemory,
  alone,
  fork,
  goToMoment,
  history,
  hold,
  schedule,
  changeMemory,
  compare,
  compareExport,
  descriptors,
  devices,
  hypercallBreakpoints,
  input,
  keys,
  linux,
  lastWrite,
  locate,
  mappedRanges,
  numberFormat,
  memory,
  memoryAddress,
  panelBreakpoints,
  profile,
  profileExport,
  profileLines,
  profileTree,
  region,
  regions,
  registers,
  reverseStepInto,
  reverseStepOut,
  saveSnapshot,
  screen,
  setRegister,
  statistics,
  subscribe,
  time,
  trace,
  traceExport,
  traceGroups,
  traceRows,
  walk,
];
