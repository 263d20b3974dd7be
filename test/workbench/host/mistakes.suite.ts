import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { adapterProcesses } from '../driver/processes';
import { workspace } from './debug';

const mark = process.env.HYPERSCOPE_TEST_MARK ?? '';

describe('a launch configuration that cannot be', () => {
  const mistakes: [string, Record<string, unknown>][] = [
    ['an image that is not there', { image: '${workspaceFolder}/none.elf' }],
    ['an unknown key', { image: '${workspaceFolder}/kvm-c.elf', memorry: '1G' }],
    ['a value of the wrong kind', { image: '${workspaceFolder}/kvm-c.elf', vcpus: 'two' }],
    ['no image at all', {}],
  ];
  for (const [what, settings] of mistakes)
    it(`starts nothing: ${what}`, async () => {
      assert.equal(
        await vscode.debug.startDebugging(workspace(), { type: 'hyperscope', request: 'launch', name: 'wrong', ...settings }),
        false,
      );
      assert.equal(vscode.debug.activeDebugSession, undefined);
      assert.deepEqual(adapterProcesses(mark), []);
    });
});
