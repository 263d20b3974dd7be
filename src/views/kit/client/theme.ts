// Colours of the theme for canvases, which know no style sheet.

export const themeColor = (name: string, fallback: string): string =>
  getComputedStyle(document.documentElement)
    .getPropertyValue(`--vscode-${name.replaceAll('.', '-')}`)
    .trim() || fallback;

/** Calls back when the user changes the theme. */
export function onThemeChange(listener: () => void): void {
  new MutationObserver(listener).observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
}
