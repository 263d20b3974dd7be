// What may follow what is typed in an input: a list under it (ARIA's combobox with a list), by keyboard and by mouse. What is asked for may answer late: only the last question counts.
import { t } from '../texts';
import { element } from './dom';

export interface Suggestion {
  readonly label: string;
  /** Where in the input the label goes, and how much it replaces. */
  readonly start: number;
  readonly length: number;
}
type Ask = (text: string, column: number) => Promise<readonly Suggestion[]>;

const MOST = 12;

/** For an input that is in its place. */
export class Completion {
  private readonly list: HTMLUListElement;
  private shown: readonly Suggestion[] = [];
  private chosen = -1;
  private asked = 0;
  /** What was taken from the list is not asked for anew. */
  private accepting = false;

  constructor(
    private readonly input: HTMLInputElement,
    id: string,
    private readonly ask: Ask,
  ) {
    this.list = element('ul', { class: 'suggestions', id, role: 'listbox', attributes: { 'aria-label': t('Suggestions') } });
    this.list.hidden = true;
    const place = element('span', { class: 'completed' }, this.list);
    input.replaceWith(place);
    place.prepend(input);
    for (const [name, value] of Object.entries({
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-expanded': 'false',
      'aria-controls': id,
    }))
      input.setAttribute(name, value);
    input.autocomplete = 'off';
    input.spellcheck = false;
    input.addEventListener('input', () => void this.typed());
    input.addEventListener('keydown', (event) => this.key(event));
    input.addEventListener('blur', () => this.close());
  }

  private async typed(): Promise<void> {
    if (this.accepting) return;
    const asked = ++this.asked;
    const column = this.input.selectionStart ?? this.input.value.length;
    // The end of a session, or a guest that runs: nothing is suggested.
    const found = await this.ask(this.input.value, column).catch(() => []);
    if (asked !== this.asked || document.activeElement !== this.input) return;
    this.shown = found.filter(({ label, start, length }) => label !== this.input.value.slice(start, start + length)).slice(0, MOST);
    this.chosen = -1;
    this.draw();
  }

  private draw(): void {
    const { id } = this.list;
    this.list.hidden = this.shown.length === 0;
    this.list.replaceChildren(
      ...this.shown.map(({ label }, i) => {
        // The input keeps the focus.
        const mousedown = (event: MouseEvent) => {
          event.preventDefault();
          this.accept(i);
        };
        return element(
          'li',
          { id: `${id}-${i}`, role: 'option', attributes: { 'aria-selected': String(i === this.chosen) }, on: { mousedown } },
          label,
        );
      }),
    );
    this.input.setAttribute('aria-expanded', String(!this.list.hidden));
    if (this.chosen < 0) this.input.removeAttribute('aria-activedescendant');
    else this.input.setAttribute('aria-activedescendant', `${id}-${this.chosen}`);
  }

  private key(event: KeyboardEvent): void {
    if (this.list.hidden) return;
    const { length } = this.shown;
    if (event.key === 'ArrowDown') this.chosen = (this.chosen + 1) % length;
    else if (event.key === 'ArrowUp') this.chosen = this.chosen <= 0 ? length - 1 : this.chosen - 1;
    else if (event.key === 'Escape') this.close();
    // Without a choice Enter is the form's, and Tab goes on as everywhere.
    else if ((event.key === 'Enter' || event.key === 'Tab') && this.chosen >= 0) this.accept(this.chosen);
    else {
      if (event.key === 'Enter') this.close();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (event.key.startsWith('Arrow')) this.draw();
  }

  private accept(index: number): void {
    const suggestion = this.shown[index];
    this.close();
    if (!suggestion) return;
    const { label, start, length } = suggestion;
    this.input.setRangeText(label, start, start + length, 'end');
    // For who listens to what is typed.
    this.accepting = true;
    this.input.dispatchEvent(new Event('input', { bubbles: true }));
    this.accepting = false;
  }

  private close(): void {
    this.asked++;
    this.shown = [];
    this.chosen = -1;
    this.draw();
  }
}
