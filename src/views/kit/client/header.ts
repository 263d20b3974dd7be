// The head of a panel: session, vCPU, whether it runs; a list to choose another vCPU and a pin to keep it.
import type { RequestName } from '../../../protocol/requests';
import { t } from '../texts';
import { element } from './dom';
import type { Link } from './link';

export class Header {
  private readonly session = element('span', { class: 'session' });
  private readonly vcpu = element('select', { attributes: { 'aria-label': t('vCPU') }, on: { change: () => this.choose() } });
  private readonly pin = element('button', { class: 'toggle', on: { click: () => this.toggle() } }, t('Pin'));
  private readonly state = element('span', { class: 'state', role: 'status' });
  readonly node: HTMLElement;

  constructor(
    private readonly link: Link<RequestName, object> | Link<never, never>,
    { perVcpu, tools = [] }: { perVcpu: boolean; tools?: Node[] },
  ) {
    this.node = element(
      'header',
      {},
      this.session,
      perVcpu ? this.vcpu : undefined,
      this.pin,
      this.state,
      element('span', { class: 'gap' }),
      ...tools,
    );
  }

  draw(): void {
    const { focus } = this.link;
    this.node.className = focus ? '' : 'empty';
    this.session.textContent = focus ? focus.session : t('No guest');
    this.state.textContent = focus ? (focus.running ? t('running') : t('stopped')) : t('start one with F5');
    this.vcpu.hidden = this.pin.hidden = !focus;
    if (!focus) return;
    if (this.vcpu.options.length !== focus.vcpus)
      this.vcpu.replaceChildren(
        ...Array.from({ length: focus.vcpus }, (_, i) => element('option', { attributes: { value: String(i) } }, t('vCPU {0}', i))),
      );
    this.vcpu.value = String(focus.vcpu);
    this.pin.setAttribute('aria-pressed', String(focus.pinned));
    this.pin.title = focus.pinned
      ? t('Keeps this session and vCPU; press to follow the call stack')
      : t('Follows the call stack; press to keep this session and vCPU');
  }

  private choose(): void {
    this.link.pin(true, Number(this.vcpu.value));
  }

  private toggle(): void {
    const { focus } = this.link;
    if (focus) this.link.pin(!focus.pinned, focus.vcpu);
  }
}
