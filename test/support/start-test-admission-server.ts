/** A real server of the webhooks, without an API server before it. */
import { onTestFinished } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';
import type { AdmissionLimits } from '../../operator/admission/admission-limits.ts';
import type { AdmissionMetrics } from '../../operator/admission/admission-metrics.ts';
import type { Surroundings } from '../../operator/admission/findings.ts';
import { injectPod, type InjectionTools } from '../../operator/admission/inject-pod.ts';
import type { PodEvent } from '../../operator/admission/pod-event.ts';
import {
  startAdmissionServer,
  type AdmissionServerOptions,
  type RunningAdmissionServer,
} from '../../operator/admission/start-admission-server.ts';
import { validateObject } from '../../operator/admission/validate-object.ts';
import type { ServingCertificate } from '../../operator/identity/certificate-source.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';
import { askPush, type PushAnswer, type PushTarget } from './push-reader.ts';

export interface TestAdmissionServer extends PushTarget {
  readonly running: RunningAdmissionServer;
  readonly lines: readonly LogLine[];
  readonly events: readonly PodEvent[];
  /** Every call of AdmissionMetrics, as its name and what was given, with how often. */
  readonly counted: ReadonlyMap<string, number>;
  present(certificate: ServingCertificate): void;
}

export interface TestAdmissionOptions {
  readonly limits?: Partial<AdmissionLimits>;
  /** Instead of what the operator does. */
  readonly inject?: AdmissionServerOptions['inject'];
  readonly tools?: Partial<InjectionTools>;
  /** What is known of the cluster; nothing, unless given. */
  readonly around?: Partial<Surroundings>;
  /** Of `farpoint operator`. */
  readonly flags?: readonly string[];
}

const nothingKnown: Surroundings = {
  secretStoreKind: () => 'kubernetes',
  resiliencies: () => null,
  middleware: () => null,
};

/** Starts one that injects and validates as the operator does; it ends with the test. */
export async function startTestAdmissionServer(options: TestAdmissionOptions = {}): Promise<TestAdmissionServer> {
  const authority = await CertificateAuthority.create('webhooks');
  const { chainPem, privateKeyPem } = await authority.issueServer({ hosts: ['localhost', '127.0.0.1'] });
  let certificate: ServingCertificate = { certificateChainPem: chainPem, privateKeyPem };
  const changed = new Set<() => void>();
  const lines: LogLine[] = [];
  const events: PodEvent[] = [];
  const counted = new Map<string, number>();
  const metrics = countingMetrics(counted);
  const settings = operatorSettingsFrom(['--proxy-image=registry.local/proxy:1', ...(options.flags ?? [])], {});
  const tools: InjectionTools = {
    options: () => Promise.resolve({ ...settings, hasNativeSidecars: true }),
    watchNamespaces: settings.watchNamespaces,
    hasConfiguration: () => true,
    events: { tell: (event) => void events.push(event) },
    metrics,
    clock: systemClock,
    ...options.tools,
  };
  const running = await startAdmissionServer({
    address: '127.0.0.1',
    port: 0,
    certificate: {
      current: () => certificate,
      onChanged: (listener) => {
        changed.add(listener);
        return () => void changed.delete(listener);
      },
    },
    inject: options.inject ?? ((request) => injectPod(request, tools)),
    validate: (request) => validateObject(request, { around: { ...nothingKnown, ...options.around }, metrics }),
    clock: systemClock,
    logger: memoryLogger(lines),
    metrics,
    limits: options.limits ?? {},
  });
  onTestFinished(() => running.drain(0));
  return {
    port: running.port,
    caPem: authority.certificatePem,
    running,
    lines,
    events,
    counted,
    present: (next) => {
      certificate = next;
      for (const listener of changed) listener();
    },
  };
}

/** What a Pod's or another object's review asks for. */
export interface ReviewFields {
  readonly kind?: string;
  readonly operation?: string;
  readonly namespace?: string;
  readonly dryRun?: boolean;
  readonly object?: unknown;
  readonly oldObject?: unknown;
  readonly subResource?: string;
}

/** The review as the API server writes it. */
export function reviewText({ kind = 'Pod', operation = 'CREATE', namespace = 'shop', ...rest }: ReviewFields): string {
  const group = kind === 'Pod' ? '' : 'dapr.io';
  const version = kind === 'Pod' ? 'v1' : 'v1alpha1';
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'uid-1', kind: { group, version, kind }, operation, namespace, userInfo: {}, ...rest },
  });
}

/** Sends a body as a review. */
export function askAdmission(
  server: PushTarget,
  path: '/inject' | '/validate',
  body: string | Buffer,
): Promise<PushAnswer> {
  return askPush(server, { path, body, headers: { 'content-type': 'application/json' } });
}

export interface ReviewResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly code: number; readonly message: string };
  readonly patchType?: string;
  readonly patch?: string;
  readonly warnings?: readonly string[];
}

/** Sends a review and reads the answer. */
export async function review(
  server: PushTarget,
  path: '/inject' | '/validate',
  fields: ReviewFields,
): Promise<ReviewResponse> {
  const { status, body } = await askAdmission(server, path, reviewText(fields));
  if (status !== 200) throw new Error(`${status} ${body}`);
  return (JSON.parse(body) as { readonly response: ReviewResponse }).response;
}

function countingMetrics(counted: Map<string, number>): AdmissionMetrics {
  const count = (...parts: readonly unknown[]): void => {
    const key = parts.filter((part) => part !== '').join(' ');
    counted.set(key, (counted.get(key) ?? 0) + 1);
  };
  return {
    injectionDecided: (outcome, reason) => count('injectionDecided', outcome, reason),
    injectionTook: () => count('injectionTook'),
    validated: (kind, outcome) => count('validated', kind, outcome),
    reviewRefused: (code) => count('reviewRefused', code),
    connectionRefused: (reason) => count('connectionRefused', reason),
    caBundleChecked: (webhook, isCurrent) => count('caBundleChecked', webhook, isCurrent),
  };
}
