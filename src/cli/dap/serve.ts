// Serves debug adapter sessions, on standard input and output or on loopback TCP.
import { cliErrors } from '../errors';

export async function serveDap(_port: number | undefined): Promise<number> {
  throw cliErrors.noAdapter();
}
