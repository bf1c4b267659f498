/** Decides what happens to a pod, and says why. Nothing is changed here. Pure: no I/O, no clock. */
import { appIdMistake } from '../identity/pod-facts.ts';
import type { InjectionReport, SkipReason } from './injection-report.ts';
import { injectionWarnings } from './injection-warnings.ts';
import { planProxy, type InjectionOptions } from './plan-proxy.ts';
import { annotationsOf, proxyContainerName, proxyContainerOf, readPod, type Container, type Pod } from './pod.ts';
import { PodAnnotations, type Annotation } from './pod-annotations.ts';
import { podConflicts } from './pod-conflicts.ts';
import { tokenVolume } from './proxy-volumes.ts';

/** The kubelet puts it on the pods that it reads from files. */
const mirrorAnnotation = 'kubernetes.io/config.mirror';
/** Of all annotations of an object, keys and values: the API server refuses more, but only after it has asked us. */
const maxAnnotationsLength = 256 * 1024;

/** Returns for any value whatsoever. Every mistake of a pod is in the report, not the first alone. */
export function decideInjection(value: unknown, options: InjectionOptions): InjectionReport {
  const byKey = annotationsOf(value);
  if (lengthOf(byKey) > maxAnnotationsLength) {
    return { kind: 'refuse', mistakes: [`the annotations hold more than ${maxAnnotationsLength} bytes.`] };
  }
  const annotations = new PodAnnotations(byKey, options.annotationPrefixes);
  const enabled = annotations.find('enabled');
  const isEnabled = annotations.boolean('enabled');
  if (annotations.mistakes.length > 0) return { kind: 'refuse', mistakes: annotations.mistakes };
  if (isEnabled !== true) return skip('NotEnabled', notEnabledSentence(enabled));
  if (byKey.has(mirrorAnnotation)) {
    return skip('StaticPod', 'the kubelet runs the pod from a file of its node, where nothing can be added to it.');
  }
  const reading = readPod(value);
  if ('mistake' in reading) return { kind: 'refuse', mistakes: [reading.mistake] };
  const { pod } = reading;
  const present = proxyContainerOf(pod);
  if (present !== undefined) return alreadyInjected(present, { pod, annotations, options });
  if (options.proxy.image === '') {
    return skip('InjectionOff', 'the operator was started without --proxy-image, so it injects nothing.');
  }
  return decideEnabled(pod, annotations, { options, keys: [...byKey.keys()] });
}

function lengthOf(annotations: ReadonlyMap<string, string>): number {
  let length = 0;
  for (const [key, value] of annotations) length += key.length + value.length;
  return length;
}

interface Context {
  readonly options: InjectionOptions;
  readonly keys: readonly string[];
}

function decideEnabled(pod: Pod, annotations: PodAnnotations, { options, keys }: Context): InjectionReport {
  const { appId, mistake } = appIdOf(pod, annotations);
  const planned = planProxy({ pod, appId, annotations, options });
  const conflicts = planned === null ? [] : podConflicts(pod, planned.plan);
  const mistakes = [...(mistake === null ? [] : [mistake]), ...annotations.mistakes, ...conflicts];
  if (planned === null || mistakes.length > 0) return { kind: 'refuse', mistakes: [...new Set(mistakes)] };
  const { plan, warnings } = planned;
  return {
    kind: 'inject',
    plan,
    warnings: [
      ...warnings,
      ...injectionWarnings({ pod, plan, annotations, keys, prefixes: options.annotationPrefixes }),
    ],
  };
}

/** A pod that another webhook has changed since comes again: what was added has not got its variables yet. */
function alreadyInjected(present: Container, { pod, annotations, options }: Injected): InjectionReport {
  const isOurs = (present.volumeMounts ?? []).some(({ name }) => name === tokenVolume);
  if (!isOurs) {
    return skip('OtherProxy', `the pod has a container ${proxyContainerName} that is not Farpoint's.`);
  }
  const { appId, mistake } = appIdOf(pod, annotations);
  const planned = mistake === null ? planProxy({ pod, appId, annotations, options }) : null;
  const isPlanned = planned !== null && annotations.mistakes.length === 0;
  const message = 'the pod has its proxy already.';
  return { kind: 'skip', reason: 'AlreadyInjected', message, completion: isPlanned ? planned.plan.app : null };
}

interface Injected {
  readonly pod: Pod;
  readonly annotations: PodAnnotations;
  readonly options: InjectionOptions;
}

interface AppIdReading {
  /** Good enough to look for other mistakes with, when it is one itself. */
  readonly appId: string;
  readonly mistake: string | null;
}

/** From the annotation, else the pod's name; a pod whose name is yet to be generated has none. */
function appIdOf(pod: Pod, annotations: PodAnnotations): AppIdReading {
  const annotation = annotations.given('app-id');
  const appId = annotation?.value ?? pod.metadata.name ?? '';
  const mistake = appIdMistake(appId);
  if (mistake === null) return { appId, mistake };
  const unusable = { appId: 'unknown' };
  if (annotation !== null) return { ...unusable, mistake: `annotation ${annotation.key}: ${mistake}.` };
  if (appId !== '') return { ...unusable, mistake: `the pod's name ${mistake}; set annotation dapr.io/app-id.` };
  return {
    ...unusable,
    mistake: 'the pod gets its name later, so it cannot be its app id: set annotation dapr.io/app-id.',
  };
}

function skip(reason: SkipReason, message: string): InjectionReport {
  return { kind: 'skip', reason, message, completion: null };
}

function notEnabledSentence(enabled: Annotation | null): string {
  return enabled === null
    ? 'no annotation asks for a proxy.'
    : `annotation ${enabled.key} (${JSON.stringify(enabled.value)}) asks for no proxy.`;
}
