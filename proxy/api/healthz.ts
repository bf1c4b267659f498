/** `GET /v1.0/healthz` and `GET /v1.0/healthz/outbound` (spec/observability.md §5). */
import { errorBody } from '../reply/error-reply.ts';
import { emptyReply, jsonReply, type Reply } from '../reply/reply.ts';
import type { Readiness } from './readiness.ts';

export interface HealthzQuestion {
  /** `?appid=`, null when not asked. */
  readonly askedAppId: string | null;
  readonly appId: string;
}

/** 204 when ready, else 500 with what is missing. */
export function healthzReply(readiness: Readiness, { askedAppId, appId }: HealthzQuestion): Reply {
  if (!readiness.isReady) {
    const message = `dapr is not ready: [${readiness.missing.join(' ')}]`;
    return jsonReply(500, errorBody('ERR_HEALTH_NOT_READY', message));
  }
  if (askedAppId !== null && askedAppId !== appId) {
    return jsonReply(500, errorBody('ERR_HEALTH_APPID_NOT_MATCH', 'dapr app-id does not match'));
  }
  return emptyReply(204);
}

/** 204 when calls can go out, whether or not the application listens yet. */
export function outboundHealthzReply(readiness: Readiness): Reply {
  if (readiness.isOutboundReady) return emptyReply(204);
  return jsonReply(500, errorBody('ERR_OUTBOUND_HEALTH_NOT_READY', 'dapr outbound is not ready'));
}
