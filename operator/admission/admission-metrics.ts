/** What the webhooks tell about themselves. Every value is from a closed set, so labels cannot grow. */
import type { SkipReason } from '../inject/injection-report.ts';
import type { RefusalCode } from '../listener/refusal.ts';
import type { ConnectionFault } from '../listener/tls-listener.ts';
import type { ValidatedKind } from './object-findings.ts';

/** `failed`: a mistake of ours; the API server was answered 500. */
export type InjectionOutcome = 'injected' | 'skipped' | 'refused' | 'failed';

/** `NotAPod`: somebody sends other objects here. `NamespaceNotServed`: no operator serves proxies there. */
export type InjectionReason = SkipReason | 'NotAPod' | 'NamespaceNotServed';

/** Implementations only count. */
export interface AdmissionMetrics {
  /** `reason` is `''` unless the Pod was skipped. */
  injectionDecided(outcome: InjectionOutcome, reason: InjectionReason | ''): void;
  injectionTook(ms: number): void;
  validated(kind: ValidatedKind, outcome: 'allowed' | 'warned' | 'denied'): void;
  /** A review was answered with an error. */
  reviewRefused(code: RefusalCode): void;
  connectionRefused(reason: ConnectionFault): void;
  /** Whether the API server trusts our certificate. `null`: another replica sees to it. */
  caBundleChecked(webhook: 'injector' | 'validator', isCurrent: boolean | null): void;
}

/** Counts nothing. */
export const noAdmissionMetrics: AdmissionMetrics = {
  injectionDecided: () => undefined,
  injectionTook: () => undefined,
  validated: () => undefined,
  reviewRefused: () => undefined,
  connectionRefused: () => undefined,
  caBundleChecked: () => undefined,
};
