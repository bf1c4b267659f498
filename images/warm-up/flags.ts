/** Flags of V8 under which two runs of the same code leave the same compiled code, and the way back to those of a pod. */
import { setFlagsFromString } from 'node:v8';
import { keepHeapSmall } from '../../cli/keep-heap-small.ts';

const undoneBy = {
  // The order of hash tables.
  '--hash-seed=1': '--hash-seed=0',
  '--random-seed=1': '--random-seed=0',
  // No garbage collection: memory that is used a second time shows through the gaps between fields.
  '--min-semi-space-size=512': '--min-semi-space-size=0',
  '--max-semi-space-size=512': '--max-semi-space-size=0',
  '--initial-heap-size=2048': '--initial-heap-size=0',
  '--no-memory-reducer': '--memory-reducer',
  '--no-incremental-marking': '--incremental-marking',
  // No machine code, since nothing is counted: functions remember that there was some.
  '--invocation-count-for-feedback-allocation=1000000': '--invocation-count-for-feedback-allocation=8',
  '--no-sparkplug': '--sparkplug',
  // Code that is not used for a while must not go before it is written.
  '--no-flush-bytecode': '--flush-bytecode',
} as const;

/** For the start of the process. */
export const fixedFlags: readonly string[] = Object.keys(undoneBy);

/** V8 writes down its flags with compiled code, and takes it under the same ones only: sets them as they are in a pod. */
export function setFlagsOfPod(name: string, nodeFlags: readonly string[]): void {
  for (const flag of [...Object.values(undoneBy), ...nodeFlags]) setFlagsFromString(flag);
  if (name === 'proxy') keepHeapSmall();
}
