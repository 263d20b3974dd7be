// One Tab stop for a group of elements: arrow keys, Home and End move within it (WAI-ARIA Authoring Practices, roving tabindex).

export interface RovingKeys {
  next: string;
  previous: string;
}
export const vertical: RovingKeys = { next: 'ArrowDown', previous: 'ArrowUp' };
export const horizontal: RovingKeys = { next: 'ArrowRight', previous: 'ArrowLeft' };

/** The elements that match within `group`; the one that had the focus last keeps the Tab stop. */
export function rove(group: HTMLElement, selector: string, { next, previous }: RovingKeys): void {
  const members = () => [...group.querySelectorAll<HTMLElement>(selector)];
  const [first] = members();
  if (first) first.tabIndex = 0;
  group.addEventListener('focusin', ({ target }) => {
    const all = members();
    if (!all.includes(target as HTMLElement)) return;
    for (const one of all) one.tabIndex = one === target ? 0 : -1;
  });
  group.addEventListener('keydown', (event) => {
    const all = members();
    const at = all.indexOf(event.target as HTMLElement);
    const moves: Record<string, number> = { [next]: at + 1, [previous]: at - 1, Home: 0, End: all.length - 1 };
    const to = moves[event.key];
    // A list that is open, or a field, has these keys for itself.
    if (at < 0 || to === undefined || (event.target instanceof HTMLSelectElement && event.key !== next && event.key !== previous)) return;
    event.preventDefault();
    all[Math.max(0, Math.min(to, all.length - 1))]?.focus();
  });
}
