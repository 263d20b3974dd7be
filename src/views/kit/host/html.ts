// The page of a panel: one style sheet, one script, and a content security policy that lets in nothing else.

export interface PageParts {
  title: string;
  nonce: string;
  /** Source expression of the webview's own resources. */
  cspSource: string;
  script: string;
  style: string;
  language: string;
  /** Texts in that language by their English ones; none in English. */
  texts: Readonly<Record<string, string>>;
}

const quoted = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export const contentSecurityPolicy = ({ nonce, cspSource }: Pick<PageParts, 'nonce' | 'cspSource'>): string =>
  `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'`;

export function pageHtml(parts: PageParts): string {
  return `<!DOCTYPE html>
<html lang="${quoted(parts.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${quoted(contentSecurityPolicy(parts))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${quoted(parts.title)}</title>
<link rel="stylesheet" href="${quoted(parts.style)}">
</head>
<body>
<main id="panel" aria-label="${quoted(parts.title)}" data-texts="${quoted(JSON.stringify(parts.texts))}"></main>
<script nonce="${quoted(parts.nonce)}" src="${quoted(parts.script)}"></script>
</body>
</html>
`;
}
