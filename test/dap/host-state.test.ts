// The state of a host's row in the call stack, of what its VMs do.
import assert from 'node:assert/strict';
import { HostState } from '../../src/dap/host-state';

const SETTLED_MS = 120;

class FakeVm {
  started = true;
  readonly debugger = { isRunning: true, hasEnded: false };
  private readonly watchers: (() => void)[] = [];
  watch(watcher: () => void) {
    this.watchers.push(watcher);
    return { dispose: () => {} };
  }
  set(state: { isRunning?: boolean; hasEnded?: boolean }): void {
    Object.assign(this.debugger, state);
    for (const watcher of this.watchers) watcher();
  }
}

describe('the state of a host with several VMs', () => {
  it('stands with its VMs, says how many, and goes on with them', async () => {
    const vms = [new FakeVm(), new FakeVm()] as const;
    const told: string[] = [];
    const threads: unknown[] = [];
    const state = new HostState(
      (name, body) => {
        told.push(name === 'stopped' ? (body as { description: string }).description : name);
        const { threadId, allThreadsContinued = false } = body as { threadId?: number; allThreadsContinued?: boolean };
        threads.push([name, threadId, allThreadsContinued]);
      },
      () => vms,
    );
    for (const vm of vms) state.follow(vm);
    const after = async (change: () => void): Promise<string[]> => {
      change();
      await new Promise((done) => setTimeout(done, SETTLED_MS));
      return told.splice(0);
    };
    // One after the other, as they do.
    const both = (isRunning: boolean) => () => {
      for (const vm of vms) vm.set({ isRunning });
    };
    assert.deepEqual(await after(both(false)), ['All VMs paused']);
    assert.deepEqual(await after(both(true)), ['continued']);
    assert.deepEqual(await after(() => vms[1].set({ isRunning: false })), ['1 of 2 VMs paused']);
    assert.deepEqual(await after(() => vms[0].set({ isRunning: false })), ['continued', 'All VMs paused']);
    const step = () => {
      both(true)();
      both(false)();
    };
    assert.deepEqual(await after(step), [], 'a short step is no news');
    assert.deepEqual(await after(() => vms[0].set({ hasEnded: true })), []);
    assert.deepEqual(await after(() => vms[1].set({ hasEnded: true })), ['continued']);
    // VS Code forgets a stop by its thread, later: each has one of its own, which goes on by name.
    assert.deepEqual(
      threads,
      [1, 2, 3].flatMap((thread) => [
        ['stopped', thread, false],
        ['continued', thread, false],
      ]),
    );
    state.dispose();
  });
});
