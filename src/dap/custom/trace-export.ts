// The event list into a file that a person has chosen.
import { isAbsolute } from 'node:path';
import { dapErrors } from '../errors';
import { reasonOf } from '../launch/host-config';
import { exportTrace } from '../trace-export';
import { custom } from './custom';

const MOST_MS = 30_000;
const FORMATS: readonly string[] = ['csv', 'json', 'chrome'];

export const traceExport = custom('hyperscope/traceExport', async (session, { selection, format, path }) => {
  const guest = session.guest('hyperscope/traceExport');
  if (!FORMATS.includes(format)) throw dapErrors.badArgument('hyperscope/traceExport', `the format is one of ${FORMATS.join(', ')}`);
  if (!isAbsolute(path)) throw dapErrors.badArgument('hyperscope/traceExport', `"${path}" is no absolute path`);
  const index = await guest.traceViews.index(selection);
  await guest.traceViews.advance(index, MOST_MS);
  try {
    return { rows: await exportTrace(index, format, path, (rip) => guest.describe(rip)) };
  } catch (error) {
    throw dapErrors.badArgument('hyperscope/traceExport', `cannot write ${path}: ${reasonOf(error)}`);
  }
});
