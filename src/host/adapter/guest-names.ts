// By which names another session can attach to what a configuration launches: its own, or those of its VMs where it has several.
import type { DebugSession } from 'vscode';
import { isHostSession } from '../sessions';

export function guestNames(session: DebugSession): readonly string[] {
  const { name, guests } = session.configuration;
  return isHostSession(session) ? guests.map((guest: { name?: string }, index: number) => guest.name ?? `vm${index}`) : [name];
}
