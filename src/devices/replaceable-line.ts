// A wire that another device can take over: while it is replaced, what its own device drives is kept and not passed on.
import type { SavedValue } from '../base/saved';
import { restoreState, saveState } from './device-state';
import type { Device, IrqLine } from './ports';

export class ReplaceableLine implements Device, IrqLine {
  private readonly state = { level: false, replaced: false };

  constructor(
    readonly name: string,
    private readonly line: IrqLine,
  ) {}

  get isReplaced(): boolean {
    return this.state.replaced;
  }

  set(level: boolean): void {
    this.state.level = level;
    if (!this.state.replaced) this.line.set(level);
  }

  replace(on: boolean): void {
    this.state.replaced = on;
    this.line.set(on ? false : this.state.level);
  }

  reset(): void {
    this.state.replaced = false;
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState(this.name, this.state, saved);
  }
}
