// Which vCPU moves from a pCPU with more of them to one with fewer. Neighbours belong to their pCPU and do not count.
import type { Entity } from './entity';
import type { Pcpu } from './pcpu';
import type { Places } from './places';

export const BALANCE_NS = 10_000_000;

interface Move {
  readonly entity: Entity;
  readonly from: Pcpu;
  readonly to: Pcpu;
}

/** Weights of the vCPUs that run or wait here. */
function loadOf(pcpu: Pcpu): number {
  let load = 0;
  for (const entity of pcpu.current === undefined ? pcpu.waiting : [pcpu.current, ...pcpu.waiting])
    if (entity.runner !== undefined) load += entity.weight;
  return load;
}

/** From the pCPU with the greatest load to the one with the least (of equal ones, where nothing has changed for longest); of those that wait the one that has been there longest. */
export function unbalanced(places: Places): Move | undefined {
  const loads = places.list
    .filter(({ online }) => online)
    .map((pcpu) => ({ pcpu, load: loadOf(pcpu), sinceNs: pcpu.current?.movedNs ?? 0 }))
    .sort((a, b) => a.load - b.load || a.sinceNs - b.sinceNs || a.pcpu.id - b.pcpu.id);
  for (const { pcpu: from, load } of [...loads].reverse()) {
    for (const { pcpu: to, load: least } of loads) {
      if (least >= load) break;
      let entity: Entity | undefined;
      for (const each of from.waiting) {
        if (each.runner !== undefined && places.allows(each, to) && (entity === undefined || each.movedNs < entity.movedNs)) entity = each;
      }
      if (entity !== undefined) return { entity, from, to };
    }
  }
  return undefined;
}
