/** The failures of a link to the API server, as KubeClient throws them. */
import { LinkError } from '#shared/errors/link-error.ts';
import { kindOfStatus } from '../../operator/kube/answer-error.ts';

/** An answer that is an error; status 0: nobody answered. */
export function linkError(status: number, retryAfterMs = 0): LinkError {
  const kind = status === 0 ? 'transient' : kindOfStatus(status);
  return new LinkError(`answered ${status}`, { kind, status, retryAfterMs });
}
