// Source files that a client is told of: when it asks, and by `loadedSource` events when symbols come or go later.
import assert from 'node:assert/strict';
import { ToldSources } from '../../src/dap/told-sources';

describe('the sources a client knows of', () => {
  const symbols = (...paths: string[]) => ({ files: () => paths });
  const kernel = symbols('/k/main.c', '/k/list.h', '/gone/other.c');
  const module = symbols('/m/module.c', '/k/list.h', '/gone/module.h');
  const turn = async () => {};
  let all: (typeof kernel)[];
  let events: string[];
  let told: ToldSources;
  beforeEach(() => {
    all = [kernel];
    events = [];
    const sources = { exists: (path: string) => !path.startsWith('/gone/'), source: (path: string) => ({ path }) };
    told = new ToldSources({ all }, sources, ({ reason, source }) => events.push(`${reason} ${source.path}`));
  });
  const asked = async () => (await told.all(turn)).map(({ path }) => path);

  it('are those that are on this machine, when it asks', async () => {
    assert.deepEqual(await asked(), ['/k/list.h', '/k/main.c']);
    assert.deepEqual(events, []);
  });

  it('become more with symbols that come later, and fewer when those go', async () => {
    await asked();
    all.push(module);
    told.changed();
    assert.deepEqual(events.splice(0), ['new /m/module.c']);
    assert.deepEqual(await asked(), ['/k/list.h', '/k/main.c', '/m/module.c']);
    all.pop();
    told.changed();
    assert.deepEqual(events, ['removed /m/module.c']);
    assert.deepEqual(await asked(), ['/k/list.h', '/k/main.c']);
  });

  it('are told once, also by symbols that are moved', async () => {
    all.push(module);
    told.changed();
    told.changed();
    assert.deepEqual(events, ['new /m/module.c', 'new /k/list.h']);
    assert.deepEqual(await asked(), ['/k/list.h', '/k/main.c', '/m/module.c']);
    told.changed();
    assert.equal(events.length, 2);
  });

  it('of the first symbols are not told unasked', () => {
    told.changed();
    assert.deepEqual(events, []);
  });
});
