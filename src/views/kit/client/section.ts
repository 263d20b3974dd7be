// A part of the panel that folds, with a title that says what is in it. Hidden where there is nothing.
import { element } from './dom';

export class Section {
  private readonly title = element('summary', {});
  readonly node: HTMLDetailsElement;

  constructor(name: string, content: readonly Node[], open: boolean, toggled: (open: boolean) => void) {
    this.node = element(
      'details',
      { class: 'section', attributes: { 'data-section': name }, on: { toggle: () => toggled(this.node.open) } },
      this.title,
      ...content,
    );
    this.node.open = open;
    this.node.hidden = true;
  }

  /** undefined: there is nothing. */
  show(title: string | undefined): void {
    this.node.hidden = title === undefined;
    this.title.textContent = title ?? '';
  }
}
