// The lists under the flame graph: functions, or the call tree from the outermost call down. Rows lead to the source and into the graph.
import type { ProfileBox, ProfileFunctionRow, ProfileTreeAnswer } from '../../protocol/profile';
import { element } from '../kit/client/dom';
import { RowTable, type TableRow } from '../kit/client/row-table';
import { t } from '../kit/texts';
import { type BoxPath, joined, keyOf, matches, type ProfilePanelState, percent } from './model';
import { treeRows } from './model-rows';

export interface ListActions {
  open(path: string, line: number): void;
  select(path: BoxPath): void;
  toggle(path: BoxPath): void;
}

const MOST_ROWS = 200;

export class ProfileLists {
  private readonly functions = new RowTable(t('Functions'), 'profile-functions', [t('function'), t('on top'), t('in all'), t('source')]);
  private readonly tree = new RowTable(t('Call tree'), 'profile-tree', [t('call'), t('on top'), t('in all'), t('source')]);
  readonly node = element('div', { class: 'profile-lists', id: 'profile-lists' }, this.functions.node, this.tree.node);

  constructor(private readonly actions: ListActions) {}

  show(answer: ProfileTreeAnswer | undefined, { list, open, search, selected }: ProfilePanelState): void {
    const whole = answer?.root.total ?? 0;
    const functions = list === 'functions' ? (answer?.functions ?? []) : [];
    const rows = list === 'tree' && answer ? treeRows(answer.root, open) : [];
    this.functions.draw(
      functions
        .filter(({ name }) => search === '' || matches(name, search))
        .slice(0, MOST_ROWS)
        .map((row) => this.functionRow(row, whole)),
    );
    this.tree.draw(rows.map(({ box, path, isOpen }) => this.treeRow(box, path, isOpen, whole, joined(path) === joined(selected))));
  }

  private functionRow(row: ProfileFunctionRow, whole: number): TableRow {
    return {
      key: keyOf(row),
      class: row.kind,
      cells: [element('span', { class: 'code' }, row.name), percent(row.self, whole), percent(row.total, whole), this.source(row)],
    };
  }

  private treeRow(box: ProfileBox, path: BoxPath, isOpen: boolean, whole: number, isSelected: boolean): TableRow {
    const mark = box.children.length === 0 ? '·' : isOpen ? '▾' : '▸';
    const name = element(
      'button',
      {
        class: 'plain',
        title: box.children.length > 0 ? t('Shows what it calls') : t('Shows it in the flame graph'),
        attributes: box.children.length > 0 ? { 'aria-expanded': String(isOpen) } : {},
        on: {
          click: () => {
            this.actions.select(path);
            if (box.children.length > 0) this.actions.toggle(path);
          },
        },
      },
      `${mark} ${box.name}`,
    );
    name.style.marginInlineStart = `${Math.min(path.length - 1, MOST_DEPTH) * INDENT_PX}px`;
    return {
      key: joined(path),
      class: `${box.kind}${isSelected ? ' selected' : ''}`,
      cells: [name, percent(box.self, whole), percent(box.total, whole), this.source(box)],
    };
  }

  private source({ path, line }: Pick<ProfileBox, 'path' | 'line'>): Node | string {
    if (path === null || line === null) return '';
    const short = `${path.split('/').pop()}:${line}`;
    return element(
      'button',
      { class: 'link', title: t('Opens {0}:{1}', path, line), on: { click: () => this.actions.open(path, line) } },
      short,
    );
  }
}

/** Deeper calls are indented no further. */
const MOST_DEPTH = 16;
const INDENT_PX = 12;
