// Draws the Screen panel, and sends the keys that are typed in it to the guest.

import type { ScreenAnswer } from '../../protocol/requests';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { t } from '../kit/texts';
import { FramebufferScreen } from './client-framebuffer';
import { TextScreen } from './client-text';
import { HeldKeys, initialState, releases } from './model';
import { screenPanel } from './protocol';

/** A framebuffer is read so often at most. */
const FRAME_MS = 100;
/** Beside the text: margins, padding and border of panel.css, and a scroll bar. */
const MARGINS_PX = 60;

const link = new Link(screenPanel, initialState);
const text = new TextScreen();
const framebuffer = new FramebufferScreen();
const held = new HeldKeys();
let kind: ScreenAnswer['kind'] | undefined;
let shown = 0;

const fit = element(
  'button',
  {
    class: 'toggle',
    title: t('Text as wide as the panel'),
    on: {
      click: () => {
        link.remember({ fit: !link.state.fit });
        draw();
      },
    },
  },
  t('Fit'),
);
const header = new Header(link, { perVcpu: false, tools: [fit] });
const screen = element('div', {
  class: 'screen',
  id: 'screen',
  tabIndex: 0,
  role: 'group',
  attributes: { 'aria-label': t('Screen of the guest; keys typed here go to it, Ctrl+Alt gives them back') },
});
const hint = element('p', { class: 'under', role: 'status' });
const trouble = element('p', { class: 'trouble', role: 'alert' });
root().append(header.node, trouble, screen, hint);

function hintText(): string {
  if (!link.focus || kind === undefined) return '';
  if (kind === 'none') return t('This machine has no display: set "machine": "pc" in launch.json.');
  if (document.activeElement === screen) return t('Keys go to the guest. Ctrl+Alt gives them back to the editor.');
  return t('Click the screen, or move to it with Tab, to type to the guest.');
}

function draw(): void {
  header.draw();
  fit.setAttribute('aria-pressed', String(link.state.fit));
  const wanted = !link.focus ? undefined : kind === 'text' ? text.node : kind === 'framebuffer' ? framebuffer.node : undefined;
  if (screen.firstChild !== (wanted ?? null)) screen.replaceChildren(...(wanted ? [wanted] : []));
  screen.hidden = wanted === undefined;
  fit.hidden = kind !== 'text';
  // The screen is as wide as its text: what there is for it is the panel's width.
  text.size(root().clientWidth - MARGINS_PX, link.state.fit);
  hint.textContent = hintText();
}

async function read(): Promise<void> {
  if (!link.focus) return draw();
  const answer = await link.request('hyperscope/screen', { shown });
  trouble.textContent = '';
  if (answer.kind === 'text') text.show(answer);
  else if (answer.kind === 'framebuffer') await framebuffer.show(answer);
  if (answer.kind !== 'same') kind = answer.kind;
  shown = answer.kind === 'same' ? shown : answer.kind === 'none' ? 0 : answer.shown;
  draw();
  if (answer.kind !== 'framebuffer') return;
  await new Promise((done) => setTimeout(done, FRAME_MS));
  if (answer.more) refresher.request();
}

const refresher = new Refresher(read, (message) => {
  // A request that a session's end has cut off is no trouble.
  trouble.textContent = link.focus ? message : '';
});

function send(keys: { code: string; down: boolean }[]): void {
  if (keys.length === 0 || !link.focus) return;
  link.request('hyperscope/keys', { keys }).catch((error: Error) => {
    trouble.textContent = link.focus ? error.message : '';
  });
}

screen.addEventListener('keydown', (event) => {
  if (releases(event)) {
    fit.hidden ? screen.blur() : fit.focus();
    return;
  }
  // The editor must not take it for a key binding of its own.
  event.preventDefault();
  event.stopPropagation();
  send(held.down(event.code));
});
screen.addEventListener('keyup', (event) => {
  event.stopPropagation();
  send(held.up(event.code));
});
screen.addEventListener('focus', draw);
screen.addEventListener('blur', () => {
  send(held.releaseAll());
  draw();
});

let session = '';
link.onFocus = () => {
  if (!link.focus) trouble.textContent = '';
  // Another guest: nothing of it is drawn yet.
  if (session !== (link.focus?.session ?? '')) {
    session = link.focus?.session ?? '';
    shown = 0;
    kind = undefined;
  }
  draw();
  refresher.request();
};
link.onChanged = () => refresher.request();
new ResizeObserver(() => draw()).observe(root());
draw();
link.ready();
