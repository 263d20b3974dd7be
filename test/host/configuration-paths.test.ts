import assert from 'node:assert/strict';
import { resolvePaths, writtenFiles } from '../../src/host/configuration-paths';

describe('paths of a launch configuration', () => {
  it('are relative to the workspace folder', () => {
    const given = {
      image: 'a.elf',
      modules: ['m', 'n=x/y z', '/o=1'],
      symbolFiles: [{ file: 's', offset: '0x1' }],
      sourceMap: { './': 'src' },
      record: '/r',
    };
    assert.deepEqual(resolvePaths(given, '/w'), {
      image: '/w/a.elf',
      modules: ['/w/m', '/w/n=x/y z', '/o=1'],
      symbolFiles: [{ file: '/w/s', offset: '0x1' }],
      sourceMap: { './': '/w/src' },
      record: '/r',
    });
  });
  it('stay as they are without a folder', () => assert.deepEqual(resolvePaths({ image: 'a' }, undefined), { image: 'a' }));
  it('name the settings that write', () =>
    assert.deepEqual(writtenFiles({ image: 'a', traceFile: 't', record: 'r' }), ['record', 'traceFile']));
});
