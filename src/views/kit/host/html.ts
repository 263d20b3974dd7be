// The page of a panel: one style sheet, one script, and a content security policy that lets in nothing else.

export interface PageParts {
  title: string;
  nonce: string;
  /** Source expression of the webview's own resources. */
  cspSource: string;
  script: string;
  style: string;
}

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export const contentSecurityPolicy = ({ nonce, cspSource }: Pick<PageParts, 'nonce' | 'cspSource'>): string =>
  `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'`;

export function pageHtml(parts: PageParts): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(contentSecurityPolicy(parts))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(parts.title)}</title>
<link rel="stylesheet" href="${escape(parts.style)}">
</head>
<body>
<main id="panel" aria-label="${escape(parts.title)}"></main>
<script nonce="${escape(parts.nonce)}" src="${escape(parts.script)}"></script>
</body>
</html>
`;
}
