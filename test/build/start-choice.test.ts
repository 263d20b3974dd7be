import assert from 'node:assert/strict';
import { chooseWorkbench, type Surroundings } from '../../src/build/start-choice';

const desktop: Surroundings = { environment: { DISPLAY: ':0' }, platform: 'linux', isRoot: false, found: '/usr/bin/code' };

describe('npm start', () => {
  it('opens the VS Code on PATH, and VSCODE_PATH before it', () => {
    assert.deepEqual(chooseWorkbench(desktop), { kind: 'desktop', program: '/usr/bin/code', asRoot: false, say: 'Opening /usr/bin/code.' });
    const choice = chooseWorkbench({ ...desktop, environment: { ...desktop.environment, VSCODE_PATH: '/opt/code' } });
    assert.equal(choice.kind === 'desktop' && choice.program, '/opt/code');
  });
  it('serves the browser workbench where there is no VS Code', () =>
    assert.equal(chooseWorkbench({ ...desktop, found: undefined }).kind, 'browser'));
  it('serves the browser workbench on a machine without display', () => {
    assert.equal(chooseWorkbench({ ...desktop, environment: {} }).kind, 'browser');
    assert.equal(chooseWorkbench({ ...desktop, environment: {}, platform: 'darwin' }).kind, 'desktop');
  });
  it('installs into the window of a remote terminal', () => {
    assert.equal(chooseWorkbench({ ...desktop, environment: { VSCODE_IPC_HOOK_CLI: '/run/x' } }).kind, 'remote');
    assert.equal(chooseWorkbench({ ...desktop, environment: { WSL_DISTRO_NAME: 'Debian' } }).kind, 'remote');
  });
  it('knows root, whom VS Code refuses otherwise', () => {
    const choice = chooseWorkbench({ ...desktop, isRoot: true });
    assert.equal(choice.kind === 'desktop' && choice.asRoot, true);
  });
});
