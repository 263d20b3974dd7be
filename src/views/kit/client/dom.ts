// Elements made without HTML text: nothing a guest or a symbol is called can become markup.

type Child = Node | string | undefined;
interface Properties {
  class?: string;
  id?: string;
  role?: string;
  title?: string;
  tabIndex?: number;
  /** Any further attribute: aria-*, data-*. */
  attributes?: Record<string, string>;
  on?: { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (properties.class) node.className = properties.class;
  if (properties.id) node.id = properties.id;
  if (properties.role) node.setAttribute('role', properties.role);
  if (properties.title) node.title = properties.title;
  if (properties.tabIndex !== undefined) node.tabIndex = properties.tabIndex;
  for (const [name, value] of Object.entries(properties.attributes ?? {})) node.setAttribute(name, value);
  for (const [name, listener] of Object.entries(properties.on ?? {})) node.addEventListener(name, listener as EventListener);
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

export const root = (): HTMLElement => document.getElementById('panel') as HTMLElement;
