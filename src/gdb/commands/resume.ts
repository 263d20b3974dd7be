// Running: vCont and the older c, s, C, S; backwards bc and bs. Signals are taken and dropped: a guest has none.
import type { LoneStep } from '../breakpoints';
import { gdbErrors } from '../errors';
import type { GdbSession } from '../session';
import { parseThread } from '../threads';
import { parseHex } from '../wire/hex';
import type { Command, Reply } from './command';

type Action =
  | { readonly kind: 'continue' }
  | { readonly kind: 'step' }
  | { readonly kind: 'range'; readonly start: bigint; readonly end: bigint };

function parseAction(text: string): Action | undefined {
  if (/^(c|C[0-9a-f]{2})$/i.test(text)) return { kind: 'continue' };
  if (/^(s|S[0-9a-f]{2})$/i.test(text)) return { kind: 'step' };
  const range = /^r([0-9a-f]+),([0-9a-f]+)$/i.exec(text);
  const start = parseHex(range?.[1]);
  const end = parseHex(range?.[2]);
  return start === undefined || end === undefined ? undefined : { kind: 'range', start, end };
}

/** What each vCPU is to do: the leftmost action that names it (GDB manual, "vCont"). */
function actionsOf(args: string, vcpus: number, any: number): (Action | undefined)[] {
  const actions: (Action | undefined)[] = new Array(vcpus).fill(undefined);
  for (const part of args.split(';').slice(1)) {
    const [what = '', thread] = part.split(':');
    const action = parseAction(what);
    const id = thread === undefined ? 'all' : parseThread(thread);
    if (action === undefined || id === undefined) throw gdbErrors.malformed('vCont');
    const named = id === 'all' ? actions.map((_, vcpu) => vcpu) : [id === 'any' ? any : id.vcpu];
    for (const vcpu of named) {
      if (vcpu >= vcpus) throw gdbErrors.noThread(thread ?? '');
      actions[vcpu] ??= action;
    }
  }
  return actions;
}

async function vCont(session: GdbSession, args: string): Promise<Reply> {
  const vcpus = (await session.control.vcpus()).filter(({ vm }) => vm === session.vm).length;
  const actions = actionsOf(args, vcpus, session.vcpu);
  const stepping = actions.findIndex((action) => action !== undefined && action.kind !== 'continue');
  const step = actions[stepping];
  if (step === undefined) {
    if (actions.some((action) => action === undefined)) throw gdbErrors.alone();
    return session.run(() => session.debugger.continue());
  }
  const others = actions.flatMap((action, vcpu) => (action === undefined ? [vcpu] : []));
  return go(session, stepping, step, others.length === 0 ? undefined : { others });
}

function go(session: GdbSession, vcpu: number, action: Action, lone?: LoneStep): Promise<Reply> {
  const { debugger: debug } = session;
  return session.run(() => {
    if (action.kind === 'continue') debug.continue();
    else if (action.kind === 'step') debug.step(vcpu, 'in', 'instruction');
    else debug.stepRange(vcpu, action.start, action.end);
  }, lone);
}

/** c [ADDR], C SIG[;ADDR] and the same for s. */
function older(name: string, action: Action, withSignal: boolean): Command {
  return {
    name,
    async handle(session, args) {
      const text = withSignal ? (args.split(';')[1] ?? '') : args;
      if (text !== '') {
        const rip = parseHex(text);
        if (rip === undefined) throw gdbErrors.malformed(name);
        session.needStopped();
        await session.control.setRegister(session.vm, session.vcpu, 'rip', rip);
        session.debugger.onChanged('registers');
      }
      return go(session, session.vcpu, action);
    },
  };
}

/** bc, bs (GDB manual, "Packets"): what gdb makes reverse-next and its like of. */
const backwards = (name: string, go: (session: GdbSession) => void): Command => ({
  name,
  async handle(session) {
    if (!(await session.control.history()).recording) throw gdbErrors.noHistory();
    return session.run(() => go(session));
  },
});

export const RESUME_COMMANDS: readonly Command[] = [
  { name: 'vCont?', handle: () => 'vCont;c;C;s;S;r' },
  { name: 'vCont', handle: vCont },
  older('c', { kind: 'continue' }, false),
  older('C', { kind: 'continue' }, true),
  older('s', { kind: 'step' }, false),
  older('S', { kind: 'step' }, true),
  backwards('bc', ({ debugger: { past } }) => past.continueBefore()),
  backwards('bs', ({ debugger: { past }, vcpu }) => past.stepInstruction(vcpu)),
];
