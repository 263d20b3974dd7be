// Joining a host that another session has made.
import { dapErrors } from '../errors';
import { request } from '../handler';

export const attach = request<unknown, void>('attach', {
  handle() {
    throw dapErrors.attach();
  },
});
