// A person at the terminal types on the guest's console; Ctrl-A x quits. Returns what puts the terminal back.
import type { MachineControl } from '../../machine/control/control';
import { Keyboard } from './keyboard';
import type { Say } from './say';
import { listenToKeys } from './standard-input';

export function typeOn(control: Pick<MachineControl, 'input'>, vm: number, quit: () => void, say: Say): () => void {
  const keyboard = new Keyboard();
  say('Ctrl-A x ends the guest');
  return listenToKeys((typed) => {
    const keys = keyboard.keys(typed);
    void control.input(vm, keys.bytes);
    if (keys.quit) quit();
  });
}
