// Monitor commands that do something: save the state, type on the console, choose which memory gdb reads.
import { writeFileSync } from 'node:fs';
import { packSnapshot } from '../../debug/host-link/snapshot-file';
import { type MonitorCommand, monitorErrors } from './monitor-command';

function write(path: string, bytes: Uint8Array): void {
  try {
    // What is there already is nobody's to overwrite over a network connection.
    writeFileSync(path, bytes, { flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw monitorErrors.unwritable(path, code === 'EEXIST' ? 'there is such a file already' : message);
  }
}

export const MACHINE: readonly MonitorCommand[] = [
  {
    name: 'save',
    args: 'FILE',
    doc: 'Save the whole state to a new file, from which "hyperscope run --from FILE" goes on.',
    async run(session, path) {
      if (path === '') throw monitorErrors.missing('the file');
      session.needStopped();
      const bytes = packSnapshot(await session.control.save());
      write(path, bytes);
      return `${bytes.length} bytes saved to ${path}`;
    },
  },
  {
    name: 'input',
    args: 'TEXT',
    doc: "Type a line on the guest's console.",
    async run(session, text) {
      await session.control.input(session.vm, new TextEncoder().encode(`${text}\r`));
      return '';
    },
  },
  {
    name: 'memory',
    args: 'virtual|physical',
    doc: "Whether gdb's addresses are linear (the vCPU's page tables apply) or guest-physical.",
    async run(session, word) {
      if (word !== 'virtual' && word !== 'physical') throw monitorErrors.badWord(word, '"virtual" and "physical"');
      session.physicalMemory = word === 'physical';
      return `addresses are ${session.physicalMemory ? 'guest-physical' : 'linear'} now`;
    },
  },
];
