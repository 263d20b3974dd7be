// A comparison into a file that a person has chosen.
import { writeFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { dapErrors } from '../errors';
import { reasonOf } from '../launch/host-config';
import { custom } from './custom';

export const compareExport = custom('hyperscope/compareExport', async (session, { format, path }) => {
  const bad = (text: string) => dapErrors.badArgument('hyperscope/compareExport', text);
  if (!isAbsolute(path)) throw bad(`"${path}" is no absolute path`);
  const text = session.guest('hyperscope/compareExport').compares.file(format);
  try {
    await writeFile(path, text);
  } catch (error) {
    throw bad(`cannot write ${path}: ${reasonOf(error)}`);
  }
  return { bytes: Buffer.byteLength(text) };
});
