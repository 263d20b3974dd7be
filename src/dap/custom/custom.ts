// A request of our own, with the types that src/protocol gives it.
import type { RequestName, Requests } from '../../protocol/requests';
import { type CancelSignal, type RequestHandler, request } from '../handler';
import type { Session } from '../session';

export function custom<Name extends RequestName>(
  name: Name,
  handle: (
    session: Session,
    args: Requests[Name]['arguments'],
    signal: CancelSignal,
  ) => Promise<Requests[Name]['answer']> | Requests[Name]['answer'],
): RequestHandler {
  return request<Requests[Name]['arguments'], Requests[Name]['answer']>(name, { handle });
}
