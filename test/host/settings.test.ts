import assert from 'node:assert/strict';
import { withSettings } from '../../src/host/settings-rows';

describe('settings for all launches', () => {
  const set: Record<string, unknown> = { 'launch.history': '1G', 'launch.pace': 'fast', 'launch.memory': '1G' };
  const settingOf = (name: string) => set[name];

  it('are what launch.json does not say', () =>
    assert.deepEqual(withSettings({ request: 'launch', image: 'a.elf', pace: 'realtime' }, settingOf), {
      request: 'launch',
      image: 'a.elf',
      history: '1G',
      pace: 'realtime',
    }));
  it('leave alone what nobody has set', () =>
    assert.deepEqual(
      withSettings({ request: 'launch' }, () => undefined),
      { request: 'launch' },
    ));
  it('do not touch an attach', () => assert.deepEqual(withSettings({ request: 'attach' }, settingOf), { request: 'attach' }));
});
