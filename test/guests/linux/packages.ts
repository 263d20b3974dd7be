// Debian's kernel and busybox for the Linux tests: fetched by apt into the cache, unpacked there, and found there from then on.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../../src/build/paths';
import { hasTool } from '../../support/compiler';
import { scratchFolder } from '../../support/scratch';
import { initramfs } from './initramfs';

export interface LinuxGuest {
  /** "6.1.0-56-cloud-amd64" */
  readonly release: string;
  /** The bzImage. */
  readonly kernel: string;
  /** The initramfs, a cpio archive. */
  readonly initrd: string;
  /** The program in it. */
  readonly busybox: string;
}

const folder = join(cacheFolder, 'linux');
const TOOLS = ['apt-get', 'apt-cache', 'dpkg-deb', 'tar'];
const FETCH_MS = 600_000;

const run = (command: string, args: readonly string[], cwd = folder): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: FETCH_MS });

/** What apt-cache says that `find` finds something in; its lists are fetched first where there are none. */
function askApt<Found>(args: readonly string[], find: (answer: string) => Found | undefined): Found {
  const ask = (): Found | undefined => {
    try {
      return find(run('apt-cache', args));
    } catch {
      return undefined; // it knows no such package
    }
  };
  let found = ask();
  if (found === undefined && process.getuid?.() === 0) {
    run('apt-get', ['-qq', 'update']);
    found = ask();
  }
  if (found === undefined) throw new Error(`apt knows not: ${args.join(' ')}`);
  return found;
}

/** A package of which others depend on a version: "linux-image-cloud-amd64" is one of "linux-image-6.1.0-56-cloud-amd64". */
const realPackage = (name: string): string => askApt(['depends', name], (answer) => /Depends: (linux-image-\S+)/.exec(answer)?.[1]);

/** The names of packages and of all that they depend on. */
export function withDependencies(names: readonly string[]): string[] {
  const only = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  return askApt(['depends', '--recurse', ...only, ...names], (answer) => {
    const all = answer.split('\n').filter((line) => /^[a-z0-9]/.test(line));
    return all.length > names.length ? all : undefined;
  });
}

/** What `part` of the package unpacks to, in the cache. */
const unpacked = (name: string, part: string, as = name): string =>
  inCache(as, () => [[name.startsWith('linux-image') ? realPackage(name) : name, [`./${part}`]]]);

/** What parts of packages, as tar's patterns, unpack to: in the cache, all or nothing of it. */
export function inCache(place: string, wanted: () => readonly (readonly [name: string, parts: readonly string[]])[]): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, place);
  if (existsSync(path)) return path;
  const missing = TOOLS.filter((tool) => !hasTool(tool));
  if (missing.length > 0) throw new Error(`Debian's ${place} is not in ${folder}, and there is no ${missing.join(', ')} to fetch it`);
  const work = mkdtempSync(join(folder, 'fetch-'));
  try {
    mkdirSync(join(work, 'files'));
    for (const [name, parts] of wanted()) {
      run('apt-get', ['download', name], work);
      const file = readdirSync(work).find((each) => each.endsWith('.deb'));
      const patterns = parts.map((part) => `'${part}'`).join(' ');
      run('sh', ['-c', `dpkg-deb --fsys-tarfile ${file} | tar -x -C files --wildcards ${patterns} && rm ${file}`], work);
    }
    renameSync(join(work, 'files'), path);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return path;
}

export interface LinuxDebug {
  /** The vmlinux with debug information. */
  readonly vmlinux: string;
  /** The folder with the modules' debug information: "…/usr/lib/debug/lib/modules/RELEASE". */
  readonly modules: string;
}

/** The debug package of the cloud kernel: 280 MB to fetch, 1.8 GB unpacked. A text where it cannot be had: why. */
export function linuxDebug(): LinuxDebug | string {
  try {
    mkdirSync(folder, { recursive: true });
    const debug = join(unpacked('linux-image-cloud-amd64-dbg', 'usr/lib/debug'), 'usr/lib/debug');
    const name = readdirSync(join(debug, 'boot')).find((each) => each.startsWith('vmlinux-'));
    if (name === undefined) throw new Error(`no vmlinux in ${debug}/boot`);
    return { vmlinux: join(debug, 'boot', name), modules: join(debug, 'lib/modules', name.slice('vmlinux-'.length)) };
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  }
}

/** A module of the cloud kernel by its path below "kernel/"; a text where it cannot be had: why. */
export function linuxModule(path: string): Uint8Array | string {
  try {
    mkdirSync(folder, { recursive: true });
    const modules = join(unpacked('linux-image-cloud-amd64', 'lib/modules', 'linux-image-cloud-amd64-modules'), 'lib/modules');
    const [release] = readdirSync(modules);
    return new Uint8Array(readFileSync(join(modules, release ?? '', 'kernel', path)));
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  }
}

/** A text where it cannot be had: why. */
export function linuxGuest(flavour: 'cloud-amd64' | 'amd64' = 'cloud-amd64'): LinuxGuest | string {
  try {
    mkdirSync(folder, { recursive: true });
    const boot = join(unpacked(`linux-image-${flavour}`, 'boot'), 'boot');
    const name = readdirSync(boot).find((each) => each.startsWith('vmlinuz-'));
    if (name === undefined) throw new Error(`no vmlinuz in ${boot}`);
    const busybox = join(unpacked('busybox-static', 'bin/busybox'), 'bin', 'busybox');
    const initrd = join(scratchFolder(), 'initramfs.cpio');
    writeFileSync(initrd, initramfs(readFileSync(busybox)));
    return { release: name.slice('vmlinuz-'.length), kernel: join(boot, name), initrd, busybox };
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  }
}
