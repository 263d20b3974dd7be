// The breakpoints that panels and the debug console have set, each with a button that takes it away.
import type { PanelBreakpoint, PanelBreakpointsAnswer } from '../../../protocol/memory';
import { t } from '../texts';
import { element } from './dom';

type Ask = (args: { add?: PanelBreakpoint; remove?: number }) => Promise<PanelBreakpointsAnswer>;

export class BreakList {
  readonly node = element('ul', {
    class: 'breaks',
    id: 'breaks',
    attributes: { 'aria-label': t('Breakpoints of panels and the debug console') },
  });

  private drawn = '[]';
  /** One question after the other: the last answer is the newest. */
  private answered: Promise<void> = Promise.resolve();

  constructor(
    private readonly ask: Ask,
    private readonly trouble: (text: string) => void,
  ) {
    this.node.hidden = true;
  }

  refresh(args: { add?: PanelBreakpoint; remove?: number } = {}): Promise<void> {
    this.answered = this.answered.then(() => this.draw(args));
    return this.answered;
  }

  private async draw(args: { add?: PanelBreakpoint; remove?: number }): Promise<void> {
    try {
      const { breakpoints } = await this.ask(args);
      const wanted = JSON.stringify(breakpoints);
      // A button that is drawn anew between press and release of the mouse is not clicked.
      if (wanted === this.drawn) return;
      this.drawn = wanted;
      this.node.replaceChildren(
        ...breakpoints.map(({ id, text, verified, message }) =>
          element(
            'li',
            { class: verified ? '' : 'unset' },
            element('span', {}, [text, verified ? '' : t('(not set)'), message].filter(Boolean).join(' ')),
            element(
              'button',
              {
                title: t('Remove'),
                attributes: { 'aria-label': t('Remove the breakpoint {0}', text) },
                on: { click: () => void this.refresh({ remove: id }) },
              },
              '×',
            ),
          ),
        ),
      );
      this.node.hidden = breakpoints.length === 0;
    } catch (error) {
      this.trouble(error instanceof Error ? error.message : String(error));
    }
  }

  clear(): void {
    this.drawn = '[]';
    this.answered = Promise.resolve();
    this.node.replaceChildren();
    this.node.hidden = true;
  }
}
