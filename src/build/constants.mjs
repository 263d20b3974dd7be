// Members of tables of constants (`const Name = { … } as const`) as their values: `ModeBit.user` becomes `64`. In a bundle such a table is an object in a variable, and
// V8 looks a member up at every access until the code is optimised, and optimises code again that comes to a member it has not read before.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
const TABLE = new RegExp(
  `^(?:export )?const (\\w+) = \\{((?:${COMMENT.source}|[^{}/]|/(?![/*]))*)\\} as const(?: satisfies [^;]+)?;`,
  'gm',
);
const PLAIN = /^(?:export )?const (\w+)(?:: number)? = ([^;{}[\]=?`]+);$/gm;
const IMPORT = /^import \{([^}]*)\} from '(\.[^']*)';$/gm;
const MEMBER = /^\s*(\w+):\s*([^:]+?)\s*$/;
const STRING = /'(?:[^'\\\n]|\\.)*'/;
/** The whole of an expression that can be computed here. */
const TOKENS = new RegExp(
  `0[xXbB][\\da-fA-F_]+n?|\\d[\\d_]*(?:\\.\\d+)?(?:[eE][+-]?\\d+)?n?|${STRING.source}|([A-Za-z_$][\\w$]*)(?:\\.([A-Za-z_]\\w*))?|[-+*/%|&<>~^()\\s]`,
  'gy',
);

/** Written back, it is the same. */
const isPlain = (value) =>
  typeof value === 'number' ? Number.isFinite(value) && !Object.is(value, -0) : ['bigint', 'string'].includes(typeof value);
const literal = (value) => `(${typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)})`;

function split(body) {
  const members = new Map();
  for (const part of body.replace(COMMENT, '').split(/,(?![^(]*\))/)) {
    const [, name, expression] = MEMBER.exec(part) ?? [];
    if (name !== undefined) members.set(name, expression);
  }
  return members;
}

/** What a source declares and imports, by the name it has there. */
function outline(path, source) {
  const imports = new Map();
  for (const [, names, from] of source.matchAll(IMPORT)) {
    const file = [`${join(dirname(path), from)}.ts`, join(dirname(path), from, 'index.ts')].find((each) => existsSync(each));
    for (const name of names.split(',')) {
      const [, original, own = original] = /^\s*(\w+)(?:\s+as\s+(\w+))?\s*$/.exec(name) ?? [];
      if (original !== undefined && file !== undefined) imports.set(own, { file, name: original });
    }
  }
  const tables = new Map([...source.matchAll(TABLE)].map(([, name, body]) => [name, split(body)]));
  const plain = new Map([...source.matchAll(PLAIN)].map(([, name, expression]) => [name, expression]));
  return { imports, tables, plain };
}

/** All constants of the sources under a folder. */
export class Constants {
  #outlines = new Map();
  #values = new Map();

  /** `computed`: members of tables that are made by functions, by the source and the name of the table. */
  constructor(folder, computed = []) {
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
      if (path.endsWith('.ts')) this.#outlines.set(path, outline(path, readFileSync(path, 'utf8')));
    for (const { path, name, members } of computed)
      this.#outlines.get(path).tables.set(name, new Map(Object.entries(members).map(([member, value]) => [member, literal(value)])));
  }

  /** The value of a member of a table by the table's name in that source, or of a constant: undefined where it is none. */
  valueOf(path, name, member) {
    const found = this.#outlines.get(path);
    const imported = found?.imports.get(name);
    if (imported !== undefined) return this.valueOf(imported.file, imported.name, member);
    const expression = member === undefined ? found?.plain.get(name) : found?.tables.get(name)?.get(member);
    if (expression === undefined) return undefined;
    const key = `${path} ${name} ${member}`;
    if (!this.#values.has(key)) {
      // What refers to itself has no value.
      this.#values.set(key, undefined);
      this.#values.set(key, this.#compute(path, expression));
    }
    return this.#values.get(key);
  }

  #compute(path, expression) {
    const tokens = [...expression.matchAll(TOKENS)];
    if (tokens.reduce((length, [token]) => length + token.length, 0) !== expression.length) return undefined;
    let text = '';
    for (const [token, name, member] of tokens) {
      const value = name === undefined ? token : this.valueOf(path, name, member);
      if (value === undefined) return undefined;
      text += name === undefined ? token : literal(value);
    }
    try {
      const value = Function(`'use strict'; return (${text});`)();
      return isPlain(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  /** The source with values for members. What is in strings and comments, what asks for a type and what a name of its own hides stays. */
  inline(path, source) {
    const found = this.#outlines.get(path);
    if (found === undefined) return source;
    const names = [...found.imports.keys(), ...found.tables.keys()].filter((name) => source.includes(`${name}.`) && !hidden(source, name));
    if (names.length === 0) return source;
    const skipped = `${COMMENT.source}|${STRING.source}|\`(?:[^\`\\\\]|\\\\.)*\``;
    const access = new RegExp(`${skipped}|(?<![\\w$.])(typeof )?(${names.join('|')})\\.([A-Za-z_]\\w*)(?![\\w(])`, 'g');
    return source.replace(access, (text, type, name, member) => {
      const value = name === undefined || type !== undefined ? undefined : this.valueOf(path, name, member);
      return value === undefined ? text : literal(value);
    });
  }
}

/** Declared once more in a function, or a parameter. */
function hidden(source, name) {
  const declared = source.match(new RegExp(`(?:const|let|var|function|class|enum) ${name}\\b`, 'g')) ?? [];
  const parameter = new RegExp(`[(,{]\\s*${name}\\??\\s*:|[(,]\\s*${name}\\s*[,)][^;]*=>|\\b${name}\\s*=>`);
  return declared.length > (new RegExp(`^(?:export )?const ${name}\\b`, 'm').test(source) ? 1 : 0) || parameter.test(source);
}
