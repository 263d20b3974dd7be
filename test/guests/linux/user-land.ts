// A dynamic user land of Debian's packages as they are: bash, coreutils, Python and their libraries. apt fetches them into the cache, where they are unpacked
// without root; an initramfs is made of them, with busybox to mount and to switch off.
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CpioWriter } from '../../support/cpio';
import { scratchFolder } from '../../support/scratch';
import { inCache, type LinuxGuest, withDependencies } from './packages';

const WANTED = ['bash', 'coreutils', 'python3-minimal'];
/** Of what they depend on: Python itself and the libraries of what is run. */
const NEEDED =
  /^(python3\.\d+-minimal|libpython3\.\d+-minimal|libc6|libtinfo6|libacl1|libattr1|libgmp10\S*|libselinux1|libpcre2-8-0|libssl3\S*|libexpat1|zlib1g)$/;
const PYTHON = /^python(3\.\d+)-minimal$/;

/** Those of the first kind are in every package, "." is; the others may be. */
const ALL = ['.'];
const JSON_OF_PYTHON = ['./usr/lib/python3*/json/*'];

const TAKEN = /^usr\/(bin\/|lib64\/|lib\/python3|lib\/[^/]+-linux-gnu\/[^/]+\.so)/;

const INIT = `#!/bin/busybox sh
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t devtmpfs dev /dev
$bb mount -t tmpfs tmp /tmp
$bb ln -s /proc/self/fd /dev/fd
export PATH=/usr/bin HOME=/ PYTHONUTF8=1
bash /script.sh 2>&1
$bb poweroff -f
`;

/** Packages with the parts that are taken of each. */
function packages(): [string, string[]][] {
  const all = withDependencies(WANTED).filter((name) => WANTED.includes(name) || NEEDED.test(name));
  const version = all.map((name) => PYTHON.exec(name)?.[1]).find((each) => each !== undefined);
  if (version === undefined) throw new Error('apt knows no python3.N-minimal');
  return [...all.map((name): [string, string[]] => [name, ALL]), [`libpython${version}-stdlib`, JSON_OF_PYTHON]];
}

/** "bin", "lib" and "lib64" are links into "usr" in the guest, whichever way the packages have it. */
const merged = (path: string): string => (/^(bin|lib|lib64)\//.test(path) ? `usr/${path}` : path);

class Tree {
  private readonly folders = new Set<string>();

  constructor(private readonly archive: CpioWriter) {}

  addAll(root: string, inside = ''): void {
    for (const name of readdirSync(join(root, inside))) {
      const path = inside === '' ? name : `${inside}/${name}`;
      const place = merged(path);
      const stat = lstatSync(join(root, path));
      if (stat.isDirectory()) this.addAll(root, path);
      else if (TAKEN.test(place)) {
        this.folder(place.slice(0, place.lastIndexOf('/')));
        if (stat.isSymbolicLink()) this.archive.link(place, readlinkSync(join(root, path)));
        else this.archive.file(place, readFileSync(join(root, path)), stat.mode & 0o777);
      }
    }
  }

  folder(path: string): void {
    if (path === '' || this.folders.has(path)) return;
    this.folder(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    this.folders.add(path);
    this.archive.directory(path);
  }
}

/** An initramfs whose bash runs `script`, then the guest is switched off. A text where it cannot be had: why. */
export function userLand({ busybox }: LinuxGuest, script: string): string | { initrd: string } {
  try {
    const root = inCache('user-land', packages);
    const archive = new CpioWriter();
    const tree = new Tree(archive);
    for (const name of ['dev', 'proc', 'tmp', 'usr']) tree.folder(name);
    for (const name of ['bin', 'lib', 'lib64']) archive.link(name, `usr/${name}`);
    tree.addAll(root);
    archive.characterDevice('dev/console', 5, 1).characterDevice('dev/null', 1, 3, 0o666);
    archive.file('usr/bin/busybox', readFileSync(busybox), 0o755).file('init', INIT, 0o755).file('script.sh', script);
    const initrd = join(scratchFolder(), 'user-land.cpio');
    writeFileSync(initrd, archive.finish());
    return { initrd };
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  }
}
