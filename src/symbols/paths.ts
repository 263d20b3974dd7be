// Source paths as debug information writes them: pure string functions over / and \, with drive letters. No file system is asked.

/** Prefix in the debug information → path on this machine. The longest matching prefix wins. */
export type SourceMap = Readonly<Record<string, string>>;

export function isAbsolutePath(path: string): boolean {
  return /^([/\\]|[A-Za-z]:[/\\])/.test(path);
}

export function directoryOf(path: string): string {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  if (cut < 0) return '.';
  return cut === 0 ? path[0]! : path.slice(0, cut);
}

/** Joins and takes out "." and "..", with / between the parts unless the base is a Windows path. */
export function joinPath(base: string, ...parts: readonly string[]): string {
  let path = base;
  for (const part of parts) if (part !== '') path = isAbsolutePath(part) || path === '' ? part : `${path}/${part}`;
  return normalizePath(path);
}

export function normalizePath(path: string): string {
  const separator = /^[A-Za-z]:\\|^\\\\/.test(path) ? '\\' : '/';
  const root = /^([A-Za-z]:)?[/\\]+/.exec(path)?.[0] ?? '';
  const cleanRoot = root === '' ? '' : root.startsWith('\\\\') ? '\\\\' : root.replace(/[/\\]+$/, separator);
  const parts: string[] = [];
  const pieces = path.slice(root.length).split(separator === '\\' || root !== root.replace(':', '') ? /[/\\]+/ : /\/+/);
  for (const part of pieces) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts[parts.length - 1] !== '..') parts.pop();
    else if (part !== '..' || root === '') parts.push(part);
  }
  return cleanRoot + parts.join(separator) || '.';
}

function components(path: string): string[] {
  return normalizePath(path)
    .split(/[/\\]+/)
    .filter((part) => part !== '' && part !== '.');
}

/**
 * A compile directory as an absolute path. A relative one counts from the image's directory; where the image lies in the very
 * directory that was compiled in ("samples/x" and …/samples/x/kernel.elf), that directory is meant.
 */
export function resolveCompileDirectory(imageDirectory: string, compileDirectory: string): string {
  if (isAbsolutePath(compileDirectory)) return normalizePath(compileDirectory);
  const wanted = components(compileDirectory);
  const have = components(imageDirectory);
  const overlaps = wanted.length > 0 && wanted.every((part, i) => have[have.length - wanted.length + i] === part);
  return overlaps ? normalizePath(imageDirectory) : joinPath(imageDirectory, compileDirectory);
}

/** A "*" in a prefix stands for one folder's name. */
export function applySourceMap(map: SourceMap, path: string): string {
  let best: { readonly prefix: string; readonly length: number } | undefined;
  for (const prefix of Object.keys(map)) {
    const length = prefixLength(path, normalizePath(prefix));
    if (length !== undefined && (best === undefined || length > best.length)) best = { prefix, length };
  }
  if (best === undefined) return path;
  const rest = path.slice(best.length).replace(/^[/\\]+/, '');
  return joinPath(map[best.prefix]!, rest);
}

/** How much of a path a prefix covers; undefined: it does not begin so. */
function prefixLength(path: string, prefix: string): number | undefined {
  if (!prefix.includes('*')) return startsWithPath(path, prefix) ? prefix.length : undefined;
  const pattern = pathKey(prefix)
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]+');
  return new RegExp(`^${pattern}(?=/|$)`).exec(pathKey(path))?.[0].length;
}

function startsWithPath(path: string, prefix: string): boolean {
  if (!pathKey(path).startsWith(pathKey(prefix))) return false;
  const next = path[prefix.length];
  return next === undefined || next === '/' || next === '\\' || /[/\\]$/.test(prefix);
}

/** For comparing: slashes are one kind, and drive-letter paths do not tell case. */
export function pathKey(path: string): string {
  const slashes = path.replace(/\\/g, '/');
  return /^[A-Za-z]:/.test(slashes) ? slashes.toLowerCase() : slashes;
}

/** How many trailing parts two paths share. */
export function commonTail(left: string, right: string): number {
  const a = pathKey(left).split('/');
  const b = pathKey(right).split('/');
  let count = 0;
  while (count < a.length && count < b.length && a[a.length - 1 - count] === b[b.length - 1 - count]) count++;
  return count;
}
