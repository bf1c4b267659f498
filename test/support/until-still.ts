/** For tests of backpressure: waits until a count has stopped moving. */
import { waitUntil } from './start-test-proxy.ts';

/** How many looks in a row must show the same. */
const looks = 40;

/** Resolves when the count has moved and then rests. */
export async function untilStill(count: () => number): Promise<void> {
  let last = count();
  let same = 0;
  await waitUntil(() => {
    const present = count();
    same = present === last && present > 0 ? same + 1 : 0;
    last = present;
    return same >= looks;
  });
}
