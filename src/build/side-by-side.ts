// Parts of one suite at the same time, as many as the machine has processors for. Each has an output of its own, printed when it ends, and a folder of its own for what
// its tests build.
import { availableParallelism } from 'node:os';

/** More do not help: the longest part is the limit. */
const MOST = 4;

/**
 * Runs `work` for each item, in their order, and gives the results in their order.
 * @param places how many at once; `work` is told which of these places it has, from 0
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  work: (item: Item, place: number) => Promise<Result>,
  places = Math.min(MOST, availableParallelism()),
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...items.entries()];
  const take = async (place: number): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await work(next[1], place);
  };
  await Promise.all(Array.from({ length: places }, (_, place) => take(place)));
  return results;
}
