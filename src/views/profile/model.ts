// What the Profile panel shows and remembers: which samples, which box is zoomed to and selected, which rows are open.
import { formatNs } from '../../base/format-ns';
import type { ProfileAnswer, ProfileBox, ProfileKind, ProfileSelection } from '../../protocol/profile';
import { t } from '../kit/texts';

/** A box by the keys of the calls from the outermost on; the whole has none. */
export type BoxPath = readonly string[];

export interface ProfilePanelState {
  every: string;
  vm: number | null;
  vcpu: number | null;
  /** CR3; empty: all. */
  space: string;
  range: { fromNs: number; toNs: number } | null;
  zoom: BoxPath;
  selected: BoxPath;
  search: string;
  list: 'tree' | 'functions';
  /** Open rows of the tree, each path joined. */
  open: string[];
}
export const initialState: ProfilePanelState = {
  every: '1ms',
  vm: null,
  vcpu: null,
  space: '',
  range: null,
  zoom: [],
  selected: [],
  search: '',
  list: 'functions',
  open: [],
};

/** Distances that are offered; any other can be typed in launch.json and on the command line. */
export const distances = ['10us', '100us', '1ms', '10ms', '1000000'] as const;

export const keyOf = ({ kind, name, path }: Pick<ProfileBox, 'kind' | 'name' | 'path'>): string => `${kind}|${name}|${path ?? ''}`;
export const joined = (path: BoxPath): string => path.join('\n');

export function selectionOf({ vm, vcpu, space, range }: ProfilePanelState): ProfileSelection {
  return {
    ...(vm !== null && { vm }),
    ...(vcpu !== null && { vcpu }),
    ...(space !== '' && { space: space as `0x${string}` }),
    ...(range && { fromNs: range.fromNs, toNs: range.toNs }),
  };
}

/** Value and text of a choice. */
export type Choice = readonly [value: string, text: string];

const several = ({ vms }: ProfileAnswer): boolean => vms.length > 1;
const nameOf = ({ vms }: ProfileAnswer, vm: number): string => vms[vm] ?? `vm${vm}`;
const pointsText = (points: number): string => `(${points.toLocaleString('en')})`;

/** All vCPUs, those of one VM where there are several, one of them. */
export function cpuChoices(now: ProfileAnswer | undefined): Choice[] {
  const all: Choice = ['', t('All vCPUs')];
  if (!now) return [all];
  const choices = [...new Set(now.vcpus.map(({ vm }) => vm))].flatMap((vm): Choice[] => {
    const own = now.vcpus.filter((each) => each.vm === vm);
    const sum = own.reduce((points, each) => points + each.points, 0);
    const prefix = several(now) ? `${nameOf(now, vm)} · ` : '';
    return [
      ...(several(now) ? [[`${vm}:`, `${nameOf(now, vm)} ${pointsText(sum)}`] as const] : []),
      ...own.map(({ vcpu, points }) => [`${vm}:${vcpu}`, `${prefix}vCPU ${vcpu} ${pointsText(points)}`] as const),
    ];
  });
  return [all, ...choices];
}
export const cpuValue = ({ vm, vcpu }: Pick<ProfilePanelState, 'vm' | 'vcpu'>): string => (vm === null ? '' : `${vm}:${vcpu ?? ''}`);

/** An address space of another VM is not looked at any more. */
export function chooseCpu(
  state: ProfilePanelState,
  value: string,
  now: ProfileAnswer | undefined,
): Pick<ProfilePanelState, 'vm' | 'vcpu' | 'space'> {
  const [vm = '', vcpu = ''] = value.split(':');
  const chosen = { vm: vm === '' ? null : Number(vm), vcpu: vcpu === '' ? null : Number(vcpu) };
  const isOther = now !== undefined && several(now) && chosen.vm !== state.vm;
  return { ...chosen, space: isOther ? '' : state.space };
}

/** Of the VM that is looked at, or of all. */
export function spaceChoices(now: ProfileAnswer | undefined, { vm }: Pick<ProfilePanelState, 'vm'>): Choice[] {
  const all: Choice = ['', t('All address spaces')];
  if (!now) return [all];
  return [
    all,
    ...now.spaces
      .filter((each) => vm === null || each.vm === vm)
      .map(({ vm: of, cr3, name, points }): Choice => {
        const prefix = several(now) && vm === null ? `${nameOf(now, of)} · ` : '';
        return [`${of}:${cr3}`, `${prefix}${name || `CR3 ${cr3}`} ${pointsText(points)}`];
      }),
  ];
}
export const spaceValue = ({ vm, space }: Pick<ProfilePanelState, 'vm' | 'space'>): string => (space === '' ? '' : `${vm ?? 0}:${space}`);

/** An address space is one VM's. */
export function chooseSpace(state: ProfilePanelState, value: string): Partial<ProfilePanelState> {
  const [vm, space] = value.split(':');
  if (space === undefined) return { space: '' };
  return { vm: Number(vm), vcpu: Number(vm) === state.vm ? state.vcpu : null, space };
}

/** The box at a path, or the nearest around it that is still there; with its own path. */
export function boxAt(root: ProfileBox, path: BoxPath): { box: ProfileBox; path: BoxPath } {
  let box = root;
  const found: string[] = [];
  for (const key of path) {
    const child = box.children.find((each) => keyOf(each) === key);
    if (!child) break;
    box = child;
    found.push(key);
  }
  return { box, path: found };
}

export const percent = (part: number, whole: number): string => (whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : '0.0 %');

/** "count_under_lock: 153 samples on top (15.0 %), 170 in all (16.7 %)" */
export const boxText = ({ name, self, total }: ProfileBox, whole: number): string =>
  t('{0}: {1} on top ({2}), {3} in all ({4})', name, self, percent(self, whole), total, percent(total, whole));

export const kindText = (kind: ProfileKind): string =>
  ({ kernel: t('kernel'), user: t('user'), hypervisor: t('hypervisor'), unknown: t('no symbol') })[kind];

export const matches = (name: string, search: string): boolean => search !== '' && name.toLowerCase().includes(search.toLowerCase());

/** Samples in whose stack something is called like that. */
export function matched(box: ProfileBox, search: string): number {
  if (matches(box.name, search)) return box.total;
  return box.children.reduce((sum, child) => sum + matched(child, search), 0);
}

/** What there is, in one line. */
export function statusText(answer: ProfileAnswer | undefined): string {
  if (!answer || answer.every === '') return t('No profile yet: Record takes samples from now on while the guest runs.');
  const isCount = /^\d+$/.test(answer.every);
  const every = isCount ? t('{0} instructions', Number(answer.every).toLocaleString('en')) : answer.every;
  const parts = [t('{0} samples, one every {1} of each vCPU', answer.points.toLocaleString('en'), every)];
  if (answer.forgotten > 0) parts.push(t('{0} older ones forgotten', answer.forgotten.toLocaleString('en')));
  if (answer.points > 0) parts.push(t('{0} to {1}', formatNs(answer.fromNs), formatNs(answer.toNs)));
  return parts.join('; ');
}

/** "3000000..4250000", as the Time panel says a stretch of time; undefined: none. */
export function rangeOf(text: string): { fromNs: number; toNs: number } | undefined {
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(text.trim()) ?? [];
  return from !== undefined && to !== undefined && Number(from) < Number(to) ? { fromNs: Number(from), toNs: Number(to) } : undefined;
}
