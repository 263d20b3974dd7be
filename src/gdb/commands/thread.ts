// Threads are vCPUs.
import { gdbErrors } from '../errors';
import type { GdbSession } from '../session';
import { parseThread, stateText, threadOf } from '../threads';
import { textToHex } from '../wire/hex';
import type { Command } from './command';

const vcpusOf = async (session: GdbSession) => (await session.control.vcpus()).filter(({ vm }) => vm === session.vm);

async function vcpuNamed(session: GdbSession, text: string) {
  const id = parseThread(text);
  const found = typeof id === 'object' ? (await vcpusOf(session)).find(({ vcpu }) => vcpu === id.vcpu) : undefined;
  if (found === undefined) throw gdbErrors.noThread(text);
  return found;
}

export const THREAD_COMMANDS: readonly Command[] = [
  {
    name: 'H',
    async handle(session, args) {
      const id = parseThread(args.slice(1));
      if (id === undefined) throw gdbErrors.malformed('H');
      // Which thread "c" and "s" are about is told by vCont.
      if (typeof id === 'object') {
        const { vcpu } = await vcpuNamed(session, args.slice(1));
        session.vcpu = vcpu;
      }
      return 'OK';
    },
  },
  {
    name: 'T',
    async handle(session, args) {
      await vcpuNamed(session, args);
      return 'OK';
    },
  },
  { name: 'qC', handle: (session) => `QC${threadOf(session.vcpu)}` },
  { name: 'qfThreadInfo', handle: async (session) => `m${(await vcpusOf(session)).map(({ vcpu }) => threadOf(vcpu)).join()}` },
  { name: 'qsThreadInfo', handle: () => 'l' },
  {
    name: 'qThreadExtraInfo',
    async handle(session, args) {
      const vcpu = await vcpuNamed(session, args.slice(1));
      return textToHex(`${vcpu.name}: ${stateText(vcpu)}`);
    },
  },
];
