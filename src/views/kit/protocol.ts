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

/** What a panel is asked to show: by another panel, a menu, or the debug console. */
export interface PanelWish {
  /** A number, a register or an expression. */
  at: string;
  /** Of a memory address; virtual where it is not said. */
  space?: 'virtual' | 'linear' | 'physical';
  /** Root of the page tables, for a virtual address that is not in those of now. */
  cr3?: string;
}

export type ToPanel =
  | { type: 'focus'; focus: PanelFocus | null }
  | { type: 'changed' }
  | { type: 'show'; wish: PanelWish }
  | { type: 'answer'; id: number; answer: unknown }
  | { type: 'refused'; id: number; text: string };

export type FromPanel =
  | { type: 'ready' }
  | { type: 'request'; id: number; name: RequestName; arguments: Requests[RequestName]['arguments'] }
  /** What may follow in an expression: the answer is a list of suggestions. */
  | { type: 'complete'; id: number; text: string; column: number }
  /** A pinned panel keeps its session and vCPU. */
  | { type: 'pin'; on: boolean; vcpu: number }
  | { type: 'open'; path: string; line: number }
  /** Into the clipboard. */
  | { type: 'copy'; text: string }
  /** Another panel, by its command. */
  | { type: 'show'; command: string; wish: PanelWish }
  /** Sets a function breakpoint with this name ("hypercall:SEND_IPI", "exit:cpuid"), or takes it away. */
  | { type: 'breakOn'; name: string }
  /** The answer is null where the user chose no file. */
  | { type: 'save'; id: number; name: RequestName; arguments: object; suggestion: string }
  /** An error of the client's script, or a violation of the content security policy. */
  | { type: 'trouble'; text: string };
