// The lists of the Page tables panel: the map, unsafe mappings, aliases, and differences. One is shown at a time; the selected line has actions under it.
import { element } from '../kit/client/dom';
import { VirtualList } from '../kit/client/virtual-list';
import { t } from '../kit/texts';
import { addressText, permissionLetters, type Range, rangeSize, sizeText } from './model';
import { type Alias, aliasText, type Difference } from './model-map';
import { type MapPlace, type MapPort, mapActions } from './row-actions';
import type { UnsafeRange } from './unsafe.rows';

interface Shape<T> {
  kind: string;
  label: string;
  titles: readonly string[];
  cells(item: T): string[];
  place(item: T): MapPlace;
}

const shapes = {
  map: {
    kind: 'ranges',
    label: t('Mapped ranges'),
    titles: [t('start'), t('end'), t('size'), t('permission'), t('physical'), t('pages of'), t('symbol')],
    cells: (range) => [
      addressText(range.start),
      addressText(range.end),
      rangeSize(range),
      permissionLetters(range.flags),
      addressText(range.gpa),
      sizeText(range.pageSize),
      range.symbol,
    ],
    place: ({ start, gpa }) => ({ start, gpa }),
  } satisfies Shape<Range>,
  unsafe: {
    kind: 'unsafe',
    label: t('Unsafe mappings'),
    titles: [t('start'), t('end'), t('size'), t('permission'), t('why')],
    cells: ({ range, why }) => [addressText(range.start), addressText(range.end), rangeSize(range), permissionLetters(range.flags), why],
    place: ({ range: { start, gpa } }) => ({ start, gpa }),
  } satisfies Shape<UnsafeRange>,
  aliases: {
    kind: 'aliases',
    label: t('Frames mapped more than once'),
    titles: [t('physical'), t('size'), t('mapped at')],
    cells: (alias) => [addressText(alias.gpa), sizeText(alias.size), aliasText(alias)],
    place: ({ gpa, at }) => ({ start: at[0]?.start ?? gpa, gpa }),
  } satisfies Shape<Alias>,
  differences: {
    kind: 'differences',
    label: t('Differences'),
    titles: [t('start'), t('end'), t('what'), t('left'), t('right')],
    cells: ({ start, end, what, left, right }) => [addressText(start), addressText(end), what, left, right],
    place: ({ start }) => ({ start, gpa: undefined }),
  } satisfies Shape<Difference>,
};

class MapList<T> {
  private items: readonly T[] = [];
  readonly list: VirtualList;

  constructor(shape: Shape<T>, port: MapPort, selected: (text: string, place: MapPlace) => void) {
    const count = () => this.items.length;
    const item = (index: number) => this.items[index];
    this.list = new VirtualList(
      {
        get count() {
          return count();
        },
        cells: (index) => {
          const one = item(index);
          return one && shape.cells(one);
        },
        activate: (index) => {
          const one = item(index);
          if (one) mapActions[0]?.act(shape.place(one), port);
        },
        selected: (index) => {
          const one = item(index);
          if (one) selected(shape.cells(one).join('  '), shape.place(one));
        },
      },
      22,
      shape.label,
      shape.kind,
      shape.titles,
      { belowPx: 900, rowHeight: 62 },
    );
    this.list.node.hidden = true;
  }

  show(items: readonly T[] | undefined): void {
    this.list.node.hidden = items === undefined;
    this.items = items ?? [];
    if (items) this.list.draw();
  }
}

export interface ShownLists {
  map?: readonly Range[];
  unsafe?: readonly UnsafeRange[];
  aliases?: readonly Alias[];
  differences?: readonly Difference[];
}

export class MapLists {
  private readonly details = element('section', { class: 'details', id: 'details', attributes: { 'aria-label': t('Selected mapping') } });
  private readonly map: MapList<Range>;
  private readonly unsafe: MapList<UnsafeRange>;
  private readonly aliases: MapList<Alias>;
  private readonly differences: MapList<Difference>;
  readonly nodes: HTMLElement[];

  constructor(private readonly port: MapPort) {
    const selected = (text: string, place: MapPlace) => this.select(text, place);
    this.map = new MapList(shapes.map, port, selected);
    this.unsafe = new MapList(shapes.unsafe, port, selected);
    this.aliases = new MapList(shapes.aliases, port, selected);
    this.differences = new MapList(shapes.differences, port, selected);
    this.details.hidden = true;
    this.nodes = [...[this.map, this.unsafe, this.aliases, this.differences].map(({ list }) => list.node), this.details];
  }

  /** The list that is given. */
  show({ map, unsafe, aliases, differences }: ShownLists): void {
    this.map.show(map);
    this.unsafe.show(unsafe);
    this.aliases.show(aliases);
    this.differences.show(differences);
  }

  /** Another list comes, or there is no guest. */
  unselect(): void {
    this.details.hidden = true;
  }

  private select(text: string, place: MapPlace): void {
    this.details.hidden = false;
    this.details.replaceChildren(
      element('p', { class: 'value' }, text),
      element(
        'div',
        { class: 'bar', role: 'toolbar', attributes: { 'aria-label': t('Actions for the mapping') } },
        ...mapActions
          .filter(({ applies }) => applies?.(place) ?? true)
          .map(({ label, title, act }) => element('button', { title, on: { click: () => act(place, this.port) } }, label)),
      ),
    );
  }
}
