// Texts can be translated: the manifest's are under keys, the code's in a catalogue, and panels show what a page brings along.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../src/build/paths';
import { catalogueFile, makeCatalogue } from '../../src/build/texts/catalogue';
import { keyOf, manifestTexts, moveTexts } from '../../src/build/texts/manifest';
import { parsed, translated, untranslated } from '../../src/build/texts/positions';

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const renew = 'run: npx tsx src/build/texts/make.ts';

describe("the manifest's texts", () => {
  it('are all under keys', () => {
    const plain = manifestTexts(read('package.json')).filter(({ value }) => !/^%[^%]+%$/.test(value));
    assert.deepEqual(
      plain.map(({ path, value }) => `${path}: ${value}`),
      [],
      renew,
    );
  });
  it('are those of package.nls.json, no more and no less', () => {
    const used = [...JSON.stringify(read('package.json')).matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key);
    assert.deepEqual([...new Set(used)].sort(), Object.keys(read('package.nls.json')).sort(), renew);
  });
  it('move to keys that say where they are', () => {
    const manifest = {
      contributes: {
        commands: [{ command: 'hyperscope.showTime', title: 'Show Time' }],
        colors: [{ id: 'a', description: '%colors.a.description%' }],
      },
    };
    const texts = moveTexts(manifest, { 'colors.a.description': 'A colour.', gone: 'Unused' });
    assert.deepEqual(texts, { 'commands.showTime.title': 'Show Time', 'colors.a.description': 'A colour.' });
    assert.equal(manifest.contributes.commands[0]?.title, '%commands.showTime.title%');
    assert.equal(
      keyOf('contributes.debuggers.hyperscope.configurationAttributes.launch.properties.boot.description'),
      'launch.boot.description',
    );
  });
});

describe("the code's texts", () => {
  const { messages, mistakes } = makeCatalogue();
  it('are all given to what translates', () => assert.deepEqual(mistakes, []));
  it(`are those of ${catalogueFile}`, () => assert.deepEqual(read(catalogueFile), messages, renew));
  it('are found where people see them, and nowhere else', () => {
    const source = `
      window.showErrorMessage('Wrong: ' + name, 'Try Again');
      const node = element('button', { class: 'toggle', title: 'Keeps it', attributes: { 'aria-label': t('Pin') } }, on ? 'Pinned' : t('Pin {0}', n));
      node.textContent = state === 'running' ? \`runs \${n}\` : '';
      link.show('hyperscope.showMemory', { at: 'rip' });
      if (kind === 'none') return 'There is none.';`;
    const file = parsed('a.ts', source);
    assert.deepEqual(
      untranslated(file).map(({ node }) => node.getText()),
      ["'Wrong: '", "'Try Again'", "'Keeps it'", "'Pinned'", '`runs ${n}`', "'There is none.'"],
    );
    assert.deepEqual(
      translated(file).map(({ message }) => message),
      ['Pin', 'Pin {0}'],
    );
  });
});

describe('texts of a panel', () => {
  it('are what the page brings, with the values in their places', () => {
    const path = require.resolve('../../src/views/kit/texts');
    const texts = { 'Break on {0}': '[Ḃřéàķ {0} öñ]', 'only here': '{1} {0}' };
    Object.assign(globalThis, { document: { getElementById: () => ({ dataset: { texts: JSON.stringify(texts) } }) } });
    try {
      // It is read when the module is loaded, as it is in a page.
      delete require.cache[path];
      const { t } = require(path) as typeof import('../../src/views/kit/texts');
      assert.equal(t('Break on {0}', 'SEND_IPI'), '[Ḃřéàķ SEND_IPI öñ]');
      assert.equal(t('only here', 1, 2), '2 1');
      assert.equal(t('not translated {0}', 3), 'not translated 3');
    } finally {
      Reflect.deleteProperty(globalThis, 'document');
      delete require.cache[path];
    }
  });
});
