// What a person can want of a run's history that cannot be.
import { UserError } from '../../base/user-error';

export const historyErrors = {
  off: () => new UserError('history-off', 'nothing is recorded to go back to: set "history" to a size such as "256M" in launch.json'),
  lost: () =>
    new UserError(
      'history-lost',
      'the way back did not lead to where the run had been; this is a defect: please report it with the input log',
    ),
  past: () =>
    new UserError(
      'in-the-past',
      'this moment is in the past of the run: go to its end first, or say that what happened since is to be forgotten (fork)',
    ),
  ahead: () => new UserError('history-ahead', 'that has not happened yet: the run has not come so far'),
} as const;
