// `npx tsx src/build/texts/make.ts`: moves new texts of package.json to package.nls.json, and writes the catalogue of the code's texts.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../paths';
import { catalogueFile, makeCatalogue } from './catalogue';
import { moveTexts } from './manifest';

const write = (path: string, value: unknown) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${JSON.stringify(value, null, 2)}\n`);
};
const read = (path: string) => (existsSync(join(root, path)) ? JSON.parse(readFileSync(join(root, path), 'utf8')) : {});

const manifest = read('package.json');
const texts = moveTexts(manifest, read('package.nls.json'));
write('package.json', manifest);
write('package.nls.json', texts);
const { messages, mistakes } = makeCatalogue();
write(catalogueFile, messages);
for (const mistake of mistakes) console.error(mistake);
console.log(`${Object.keys(texts).length} texts of package.json, ${Object.keys(messages).length} of the code`);
process.exitCode = mistakes.length > 0 ? 1 : 0;
