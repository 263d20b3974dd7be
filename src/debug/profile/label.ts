// What a frame is called where only its name is shown: marks as in flamegraph.pl's annotations tell whose code it is.
import type { FrameKind, ProfileFrame } from './frames';

const MARKS: Readonly<Record<FrameKind, string>> = { kernel: '', user: '_[u]', hypervisor: '_[h]', unknown: '_[?]' };

export const frameLabel = ({ name, kind }: Pick<ProfileFrame, 'name' | 'kind'>): string => `${name}${MARKS[kind]}`;
