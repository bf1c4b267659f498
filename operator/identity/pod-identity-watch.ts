/** Turns changes of Pods into the end of identities. */
import { longestDelayMs, type Clock, type Timer } from '#shared/clock/clock.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import type { IdentityWatch } from './identity-watch.ts';
import type { PodDirectory } from './pod-directory.ts';
import { podFactsFrom } from './pod-facts.ts';
import { terminationMs } from './termination.ts';

export interface PodIdentityWatchOptions {
  readonly pods: PodDirectory;
  /** As in `podFactsFrom`. */
  readonly annotationPrefixes: readonly string[];
  readonly clock: Clock;
}

/** One for each Pod with a proxy. */
interface KnownPod {
  readonly uid: string;
  /** What the identity was made of. */
  readonly facts: string;
  /** Runs at the end of the grace period. */
  readonly timer: Timer | null;
}

export class PodIdentityWatch implements IdentityWatch {
  readonly #options: PodIdentityWatchOptions;
  readonly #knownByKey = new Map<string, KnownPod>();
  readonly #listeners = new Set<(podUid: string) => void>();

  constructor(options: PodIdentityWatchOptions) {
    this.#options = options;
  }

  onEnded(listener: (podUid: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Follows the directory until the signal is aborted. Start it before anybody authenticates. */
  run(signal: AbortSignal): void {
    const { pods } = this.#options;
    for (const pod of pods.pods()) this.#keep(pod);
    const stop = pods.onChange(({ kind, object }) => (kind === 'delete' ? this.#drop(object) : this.#keep(object)));
    signal.addEventListener(
      'abort',
      () => {
        stop();
        for (const { timer } of this.#knownByKey.values()) timer?.cancel();
        this.#knownByKey.clear();
      },
      { once: true },
    );
  }

  #keep(pod: KubeObject): void {
    const { annotationPrefixes, clock } = this.#options;
    const { uid } = pod.metadata;
    const before = this.#knownByKey.get(keyOf(pod));
    const facts = JSON.stringify(podFactsFrom(pod, annotationPrefixes));
    const endMs = terminationMs(pod);
    before?.timer?.cancel();
    const timer = endMs === null ? null : clock.after(delayUntil(endMs, clock), () => this.#end(uid));
    this.#knownByKey.set(keyOf(pod), { uid, facts, timer });
    if (before !== undefined && (before.uid !== uid || before.facts !== facts)) this.#end(before.uid);
  }

  #drop(pod: KubeObject): void {
    const before = this.#knownByKey.get(keyOf(pod));
    // Perhaps its successor of the same name is known already.
    if (before?.uid === pod.metadata.uid) {
      before.timer?.cancel();
      this.#knownByKey.delete(keyOf(pod));
    }
    this.#end(pod.metadata.uid);
  }

  #end(podUid: string): void {
    for (const listener of this.#listeners) listener(podUid);
  }
}

/** Timers have 31 bits: somebody who asks for a grace of a month has to authenticate again after 24 days. */
function delayUntil(endMs: number, clock: Clock): number {
  return Math.min(longestDelayMs, Math.max(0, endMs - clock.epochMs()));
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
