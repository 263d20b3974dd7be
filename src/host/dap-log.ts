// With "trace": true in launch.json every message of the Debug Adapter Protocol goes to the log.
import type { Part } from './host';

const longest = 4000;

export const dapLogPart: Part = ({ sessions, log }) =>
  sessions.onTraffic(({ session, direction, message }) => {
    if (!(session.parentSession ?? session).configuration.trace) return;
    const text = JSON.stringify(message);
    log.info(
      `${direction === 'toAdapter' ? '→' : '←'} ${text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text}`,
    );
  });
