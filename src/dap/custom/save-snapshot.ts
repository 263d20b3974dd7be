// The whole state of the host to a file.
import { isAbsolute } from 'node:path';
import { writeSnapshotFile } from '../../debug/host-link/snapshot-file';
import { dapErrors } from '../errors';
import { reasonOf } from '../launch/host-config';
import { custom } from './custom';

export const saveSnapshot = custom('hyperscope/saveSnapshot', async (session, { path }) => {
  const guest = session.stoppedGuest('hyperscope/saveSnapshot');
  if (!isAbsolute(path)) throw dapErrors.badArgument('hyperscope/saveSnapshot', 'the path must be absolute');
  const bytes = await session.progress.during({ title: 'Saving the snapshot' }, () => guest.control.save());
  try {
    return { bytes: writeSnapshotFile(path, bytes) };
  } catch (error) {
    throw dapErrors.cannotWrite(path, reasonOf(error));
  }
});
