// Draws the Compare panel: what is to be compared, how far it is, and the results.
import type { CompareAnswer, CompareFormat, CompareRun } from '../../protocol/compare';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { t } from '../kit/texts';
import { CompareResults } from './client-results';
import { argumentsOf, type ComparePanelState, costTexts, initialState, sideChoices, statusText } from './model';
import { comparePanel } from './protocol';

const link = new Link(comparePanel, initialState);
let answer: CompareAnswer | undefined;

const start = element('button', { id: 'compare-start', title: t('Runs this guest anew on both sides'), on: { click: () => void begin() } });
const header = new Header(link, { perVcpu: false, tools: [start] });

const option = (value: string, text: string) => element('option', { attributes: { value } }, text);
const side = (label: string, key: 'first' | 'second') =>
  element('select', {
    attributes: { 'aria-label': label },
    on: { change: (event) => change({ [key]: (event.target as HTMLSelectElement).value }) },
  });
const text = (label: string, placeholder: string, key: 'vcpus' | 'input' | 'until') =>
  element('input', {
    attributes: { type: 'text', 'aria-label': label, placeholder },
    title: label,
    on: { input: (event) => link.remember({ [key]: (event.target as HTMLInputElement).value }) },
  });
const first = side(t('First side'), 'first');
const second = side(t('Second side'), 'second');
const vcpus = text(t('vCPUs of the runs: 1,2,4; empty: as launched'), t('vCPUs: 1,2,4'), 'vcpus');
const input = text(t('What is typed into each run; \\n is a line end'), t('Type: quit\\n'), 'input');
const until = text(t('A run ends when its console has printed this'), t('Until: text'), 'until');
const sites = element('input', {
  id: 'compare-count-sites',
  attributes: { type: 'checkbox' },
  on: { change: () => link.remember({ sites: sites.checked }) },
});
const sitesLabel = element('label', { attributes: { for: 'compare-count-sites' } }, t('Sites of sensitive instructions'));
const wishes = element(
  'div',
  { class: 'bar compare-wishes', role: 'group', attributes: { 'aria-label': t('What is compared') } },
  first,
  second,
  vcpus,
  input,
  until,
  element('span', {}, sites, sitesLabel),
);

const about = element('p', { class: 'summary', id: 'compare-status', role: 'status' });
const trouble = element('p', { class: 'trouble', role: 'alert' });
const shown = element('select', {
  attributes: { 'aria-label': t('Number of vCPUs that is looked at') },
  on: { change: () => change({ shown: Number(shown.value) }) },
});
const FORMATS: readonly [CompareFormat, string, string][] = [
  ['text', t('text'), 'compare.txt'],
  ['json', 'JSON', 'compare.json'],
  ['csv', 'CSV', 'compare.csv'],
];
const format = element(
  'select',
  { attributes: { 'aria-label': t('File format') } },
  ...FORMATS.map(([value, name]) => option(value, name)),
);
const save = element('button', { title: t('Writes the comparison into a file'), on: { click: () => void write() } }, t('Export'));
const bar = element('div', { class: 'bar', role: 'toolbar', attributes: { 'aria-label': t('Results') } }, shown, format, save);

const results = new CompareResults({
  open: (path, line) => link.open(path, line),
  isFolded: (section) => link.state.folded.includes(section),
  toggled: (section, open) => {
    const others = link.state.folded.filter((each) => each !== section);
    link.remember({ folded: open ? others : [...others, section] });
  },
});
const costs = element('div', { class: 'under', id: 'compare-costs' });
root().append(header.node, wishes, trouble, about, bar, results.node, costs);

const isRunning = (): boolean => link.focus !== null && answer?.state === 'running';
const runShown = (): CompareRun | undefined => answer?.runs.find(({ vcpus: count }) => count === link.state.shown) ?? answer?.runs[0];

function fill(list: HTMLSelectElement, choices: readonly { name: string; text: string }[], value: string): void {
  const key = choices.map(({ name }) => name).join();
  if (list.dataset.key !== key) {
    list.replaceChildren(...choices.map((choice) => option(choice.name, choice.text)));
    list.dataset.key = key;
  }
  list.value = value;
}

function draw(): void {
  header.draw();
  const { state } = link;
  const now = link.focus ? answer : undefined;
  const run = now && runShown();
  start.textContent = isRunning() ? t('Cancel') : t('Compare');
  start.disabled = !link.focus;
  const choices = sideChoices(now?.costs ?? []);
  fill(first, choices.length > 0 ? choices : [{ name: state.first, text: state.first }], state.first);
  fill(second, choices.length > 0 ? choices : [{ name: state.second, text: state.second }], state.second);
  for (const [field, value] of [
    [vcpus, state.vcpus],
    [input, state.input],
    [until, state.until],
  ] as const)
    if (field.value !== value) field.value = value;
  sites.checked = state.sites;
  about.textContent = link.focus ? statusText(now) : '';
  bar.hidden = !run;
  shown.hidden = (now?.runs.length ?? 0) < 2;
  fill(
    shown,
    (now?.runs ?? []).map(({ vcpus: count }) => ({ name: String(count), text: count === 1 ? t('1 vCPU') : t('{0} vCPUs', count) })),
    String(run?.vcpus ?? ''),
  );
  results.show(now, run);
  costs.replaceChildren(...(now && run ? costTexts(now) : []).map((text) => element('p', {}, text)));
}

function change(state: Partial<ComparePanelState>): void {
  link.remember(state);
  draw();
}

const failed = (reason: string) => {
  // A request that a session's end has cut off is no trouble.
  trouble.textContent = link.focus ? reason : '';
};

async function begin(): Promise<void> {
  trouble.textContent = '';
  const wanted = argumentsOf(link.state);
  if (!wanted) return failed(t('"{0}" is no list of numbers of vCPUs: write 1,2,4.', link.state.vcpus));
  try {
    answer = await link.request('hyperscope/compare', isRunning() ? { action: 'cancel' } : wanted);
    draw();
  } catch (error) {
    failed((error as Error).message);
  }
}

async function write(): Promise<void> {
  const [name, , suggestion] = FORMATS[format.selectedIndex] ?? FORMATS[0]!;
  try {
    trouble.textContent = '';
    const written = await link.save('hyperscope/compareExport', { format: name }, suggestion);
    if (written) about.textContent = t('{0} bytes written.', written.bytes.toLocaleString('en'));
  } catch (error) {
    failed((error as Error).message);
  }
}

const refresher = new Refresher(async () => {
  if (!link.focus) return draw();
  answer = await link.request('hyperscope/compare', { action: 'status' });
  draw();
}, failed);

link.onFocus = () => {
  if (!link.focus) {
    answer = undefined;
    trouble.textContent = '';
    return draw();
  }
  refresher.request();
};
link.onChanged = () => refresher.request();
draw();
link.ready();
