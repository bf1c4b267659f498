/** The garbage collector, on demand: what nobody holds is gone afterwards. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('node has no garbage collector to call');
  Reflect.apply(collect, undefined, []);
}
