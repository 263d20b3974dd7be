// The three themes that every panel is looked at in: dark, light, high contrast.
import type { Workbench } from './workbench';

/** By their names in the list of themes, and the class that the workbench has then. */
const THEMES = [
  ['Dark 2026', 'vs-dark'],
  ['Light 2026', 'vs'],
  ['Dark High Contrast', 'hc-black'],
] as const;

/** A test for each theme. To be called in a `describe`. `kind`: for the names of pictures. */
export function inEachTheme(
  workbench: () => Workbench,
  what: string,
  look: (workbench: Workbench, kind: string, isFirst: boolean) => Promise<void>,
): void {
  for (const [theme, kind] of THEMES)
    it(`${what} in the theme ${theme}`, async () => {
      await workbench().colorTheme(theme);
      await workbench().page.locator(`.monaco-workbench.${kind}`).waitFor();
      await look(workbench(), kind, theme === THEMES[0][0]);
    });
}
