// The frame an expression is about: the one the client names, else the top frame of the vCPU that stopped.
import { FrameScope } from '../debug/frames/frame-scope';
import type { Guest } from './guest';

export async function evaluationScope(guest: Guest, frameId: number | undefined): Promise<FrameScope> {
  if (frameId !== undefined) return new FrameScope(guest.frames.get(frameId).frame);
  return scopeOfVcpu(guest, guest.debugger.stop?.vcpu ?? 0);
}

export async function scopeOfVcpu(guest: Guest, vcpu: number): Promise<FrameScope> {
  const { stack } = await guest.debugger.view(vcpu);
  return new FrameScope(await stack.top());
}
