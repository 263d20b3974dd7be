// Messages between a panel's client (in the webview) and its provider (in the extension): the same for all panels; requests are those of src/protocol.
import type { RequestName, Requests, Topic } from '../../protocol/requests';

/** One row per panel; client and provider both read it. */
export interface PanelDefinition<N extends RequestName = RequestName> {
  /** Bundle name under dist/views. */
  readonly id: string;
  readonly viewType: string;
  readonly command: string;
  readonly title: string;
  readonly topic: Topic;
  /** What its client may ask of the adapter; everything else is refused. */
  readonly requests: readonly N[];
  /** Requests that write a file: its path is asked of the user and added to the arguments as `path`. */
  readonly saves?: readonly RequestName[];
}

/** Panels that others jump to, and their commands. */
export const destinations = {
  memory: 'hyperscope.showMemory',
  pageTables: 'hyperscope.showPageTables',
  time: 'hyperscope.showTime',
  hypercalls: 'hyperscope.showHypercalls',
} as const;
export type Destination = keyof typeof destinations;

/** What to show there. */
export interface Place {
  /** "0x…" or an expression. */
  address?: string;
  space?: 'virtual' | 'physical';
  /** Virtual time. */
  fromNs?: number;
  toNs?: number;
}

/** Which session and vCPU a panel shows. */
export interface PanelFocus {
  session: string;
  vcpu: number;
  vcpus: number;
  running: boolean;
  pinned: boolean;
  /** Counts up whenever the guest stops or goes on. */
  turn: number;
}

export type ToPanel =
  | { type: 'focus'; focus: PanelFocus | null }
  | { type: 'changed' }
  /** Another panel, or a command, wants this to be shown. */
  | { type: 'go'; place: Place }
  | { type: 'answer'; id: number; answer: unknown }
  | { type: 'refused'; id: number; text: string };

export type FromPanel =
  | { type: 'ready' }
  | { type: 'request'; id: number; name: RequestName; arguments: Requests[RequestName]['arguments'] }
  /** A pinned panel keeps its session and vCPU. */
  | { type: 'pin'; on: boolean; vcpu: number }
  | { type: 'open'; path: string; line: number }
  | { type: 'go'; to: Destination; place: Place }
  /** Sets a function breakpoint with this name ("hypercall:SEND_IPI", "exit:cpuid"), or takes it away. */
  | { type: 'breakOn'; name: string }
  /** The answer is null where the user chose no file. */
  | { type: 'save'; id: number; name: RequestName; arguments: object; suggestion: string }
  /** An error of the client's script, or a violation of the content security policy. */
  | { type: 'trouble'; text: string };
