/** Whatever goes wrong on the link to the control plane -> LinkError, whose message says what to do and names no secret. Pure. */
import { LinkError } from '#shared/errors/link-error.ts';
import { tlsFailure } from '../upstream/tls-failure.ts';

/** A connection that could not be opened, or broke. */
export function connectionFailure(error: unknown): LinkError {
  if (error instanceof LinkError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const tls = tlsFailure(code, error instanceof Error ? error.message : '')?.replace(
    'the upstream',
    'the control plane',
  );
  const message = tls ?? (code === '' ? 'the connection failed' : `the connection failed (${code})`);
  return transient(message, error);
}

/** What can be mended somewhere else, by trying again. */
export function transient(message: string, cause?: unknown): LinkError {
  return new LinkError(message, { kind: 'transient', status: 0, retryAfterMs: 0, cause });
}

const adviceByStatus: Readonly<Record<number, string>> = {
  401: "it does not accept this pod's token: its audience must be the operator's, and the pod must still exist",
  403: 'it does not serve this pod: it needs the label dapr.io/sidecar-injected=true and a namespace that is watched',
  404: 'nothing is served there; look at --control-plane-address',
  429: 'it has too many requests',
  503: 'it cannot serve now',
};

export interface RefusingAnswer {
  readonly status: number;
  /** What Retry-After asks for; 0: nothing. */
  readonly retryAfterMs: number;
  /** What the control plane says of it, cleaned; `''`: nothing. */
  readonly explanation: string;
}

/** An answer other than the one that was asked for. */
export function answerFailure({ status, retryAfterMs, explanation }: RefusingAnswer): LinkError {
  const advice = adviceByStatus[status] ?? 'it does not answer as the operator does';
  const message = `${advice} (status ${status}${explanation === '' ? '' : `: ${explanation}`})`;
  return new LinkError(message, { kind: 'transient', status, retryAfterMs });
}
