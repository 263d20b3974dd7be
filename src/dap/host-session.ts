// The session of a host with several VMs, each of which has a session under it: what it answers itself. Breakpoints are the VMs' sessions', which get them as well; it has no thread.
import { dapErrors } from './errors';
import type { RequestHandler } from './handler';
import type { Session } from './session';

type Answer = (session: Session, args: { readonly [key: string]: unknown }) => unknown;

/** One for each that was sent: only a VM can say whether it holds. */
const unverified =
  (...lists: string[]): Answer =>
  (_session, args) => ({
    breakpoints: lists.flatMap((name) => (Array.isArray(args[name]) ? args[name].map(() => ({ verified: false })) : [])),
  });

const ANSWERS: Readonly<Record<string, Answer>> = {
  setBreakpoints: unverified('breakpoints'),
  setFunctionBreakpoints: unverified('breakpoints'),
  setDataBreakpoints: unverified('breakpoints'),
  setInstructionBreakpoints: unverified('breakpoints'),
  setExceptionBreakpoints: unverified('filters', 'filterOptions'),
  'hyperscope/hypercallBreakpoints': () => ({}),
  configurationDone: () => undefined,
  threads: () => ({ threads: [] }),
  modules: () => ({ modules: [], totalModules: 0 }),
  loadedSources: () => ({ sources: [] }),
  completions: () => ({ targets: [] }),
  pause: async ({ host }) => {
    await host?.pause();
  },
  continue: ({ host }) => {
    host?.goOn();
    return { allThreadsContinued: true };
  },
};

/** What means the session, not a guest. */
const AS_EVER: ReadonlySet<string> = new Set([
  'initialize',
  'launch',
  'attach',
  'cancel',
  'disconnect',
  'terminate',
  'restart',
  'hyperscope/numberFormat',
]);

export function hostHandler(handler: RequestHandler): RequestHandler {
  const { command } = handler;
  if (AS_EVER.has(command)) return handler;
  const answer = ANSWERS[command];
  return {
    ...handler,
    handle: async (session, args) => {
      if (answer === undefined) throw dapErrors.hostSession(command);
      return answer(session, (args ?? {}) as Parameters<Answer>[1]);
    },
  };
}
