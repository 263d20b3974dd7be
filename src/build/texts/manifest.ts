// The manifest's texts: package.json has keys in percent signs, package.nls.json the texts by key.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Texts = Record<string, string>;

const ONE = new Set([
  'displayName',
  'description',
  'markdownDescription',
  'deprecationMessage',
  'patternErrorMessage',
  'title',
  'label',
  'contextualTitle',
  'contents',
]);
const MANY = new Set(['enumDescriptions', 'markdownEnumDescriptions', 'enumItemLabels']);
/** Texts only there: elsewhere a name is an identifier. */
const NAMED = /^contributes\.views\./;
/** The product's name, and those of compilers. */
const KEPT = /^(displayName|contributes\.problemMatchers\.|contributes\.debuggers\.hyperscope\.label$|contributes\.languages\.)/;

const KEY = /^%[^%]+%$/;
/** How an entry of a list is called: by what names it, or else by its place. */
const idOf = (value: Json, index: number): string => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return String(index);
  const name =
    value.command ??
    value.id ??
    value.type ??
    value.view ??
    (typeof value.label === 'string' && !KEY.test(value.label) ? value.label : undefined);
  return typeof name === 'string' ? name : String(index);
};

export interface ManifestText {
  /** "contributes.commands.hyperscope.showVcpu.title". */
  readonly path: string;
  readonly value: string;
  set(value: string): void;
}

/** Every place of a manifest that has a text, or the key of one. */
export function manifestTexts(manifest: Json): ManifestText[] {
  const found: ManifestText[] = [];
  const add = (path: string, value: Json | undefined, set: (value: string) => void) => {
    if (typeof value === 'string' && !KEPT.test(path)) found.push({ path, value, set });
  };
  const visit = (value: Json, path: string): void => {
    if (Array.isArray(value)) value.forEach((each, i) => void visit(each, `${path}.${idOf(each, i)}`));
    else if (value !== null && typeof value === 'object')
      for (const [name, each] of Object.entries(value)) {
        const here = path === '' ? name : `${path}.${name}`;
        const set = (text: string) => {
          value[name] = text;
        };
        // A setting may be called "description": its schema is an object, then.
        if (ONE.has(name) || (name === 'name' && NAMED.test(path))) add(here, each, set);
        if (MANY.has(name) && Array.isArray(each))
          each.forEach((text, i) => {
            const choice = Array.isArray(value.enum) ? value.enum[i] : i;
            add(`${here}.${String(choice)}`, text, (key) => {
              each[i] = key;
            });
          });
        // What a snippet puts into a file is no text.
        else if (name !== 'body' && name !== 'scripts') visit(each, here);
      }
  };
  visit(manifest, '');
  return found;
}

export const keyOf = (path: string): string =>
  path
    .replace(/^contributes\./, '')
    .replace(/^debuggers\.hyperscope\.configurationAttributes\./, '')
    .replaceAll('.hyperscope.', '.')
    .replaceAll('.properties.', '.')
    .replace(/[^\w.]+/g, '-');

/** Puts plain texts under keys, in place; answers all texts. What no place uses any more is left out. */
export function moveTexts(manifest: Json, old: Texts): Texts {
  const texts: Texts = {};
  for (const { path, value, set } of manifestTexts(manifest)) {
    const key = KEY.test(value) ? value.slice(1, -1) : keyOf(path);
    const text = KEY.test(value) ? old[key] : value;
    if (text === undefined) throw new Error(`package.nls.json has no ${key}`);
    if (texts[key] !== undefined && texts[key] !== text) throw new Error(`two texts for ${key}`);
    texts[key] = text;
    set(`%${key}%`);
  }
  return texts;
}
