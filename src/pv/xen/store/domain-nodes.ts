// What a toolstack writes into XenStore for a new domain (libxl, libxl_create.c, libxl_dom.c), as far as guests read it.
import { CONSOLE_GFN, STORE_GFN } from '../layout';
import { domainPath } from './paths';
import type { XenStore } from './store';

export interface DomainFacts {
  readonly name: string;
  readonly uuid: string;
  readonly memoryKib: number;
  readonly vcpus: number;
  readonly storePort: number;
  readonly consolePort: number;
  readonly startSeconds: number;
}

/** Folders in which the guest may write. */
const WRITABLE = [
  'attr',
  'control/feature-poweroff',
  'control/feature-reboot',
  'control/feature-suspend',
  'control/shutdown',
  'data',
  'device',
  'device/suspend/event-channel',
  'drivers',
  'error',
  'feature',
];

export function writeDomainNodes(store: XenStore, facts: DomainFacts): void {
  const home = domainPath(store.domain);
  const vm = `/vm/${facts.uuid}`;
  const nodes: readonly (readonly [string, string | number])[] = [
    [`${vm}/name`, facts.name],
    [`${vm}/uuid`, facts.uuid],
    [`${vm}/start_time`, `${facts.startSeconds}.00`],
    [`${home}/vm`, vm],
    [`${home}/name`, facts.name],
    [`${home}/domid`, store.domain],
    ...Array.from({ length: facts.vcpus }, (_, i) => [`${home}/cpu/${i}/availability`, 'online'] as const),
    [`${home}/memory/static-max`, facts.memoryKib],
    [`${home}/memory/target`, facts.memoryKib],
    [`${home}/memory/videoram`, 0],
    [`${home}/store/port`, facts.storePort],
    [`${home}/store/ring-ref`, STORE_GFN],
    [`${home}/console/backend-id`, 0],
    [`${home}/console/limit`, 1_048_576],
    [`${home}/console/type`, 'xenconsoled'],
    [`${home}/console/output`, 'pty'],
    [`${home}/console/port`, facts.consolePort],
    [`${home}/console/ring-ref`, CONSOLE_GFN],
    ...['platform-feature-multiprocessor-suspend', 'platform-feature-xs_reset_watches'].map(
      (name) => [`${home}/control/${name}`, 1] as const,
    ),
    ...WRITABLE.map((name) => [`${home}/${name}`, ''] as const),
  ];
  for (const [path, value] of nodes) store.write(path, `${value}`);
  // Its own part of the tree is the guest's to read, some of it to write.
  const owned = new Set(WRITABLE.map((name) => `${home}/${name}`));
  const share = (path: string): void => {
    if (owned.has(path)) store.setPermissions(path, `n${store.domain}`);
    else store.setPermissions(path, 'n0', `r${store.domain}`);
    for (const child of store.tree.get(path)?.children ?? []) share(`${path}/${child}`);
  };
  share(home);
  share(vm);
}
