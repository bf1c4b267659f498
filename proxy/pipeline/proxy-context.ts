/** Everything a request may need on its way, made once by start-proxy. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { ByteBudget } from '#shared/memory/byte-budget.ts';
import type { HeldBytesOptions } from '#shared/memory/held-bytes.ts';
import type { ProxySettings } from '#shared/settings/proxy-settings.ts';
import type { AppHealth } from '../app/app-health.ts';
import type { Metadata } from '../api/metadata.ts';
import type { Readiness } from '../api/readiness.ts';
import type { LivePipelines } from '../middleware/live-pipelines.ts';
import type { TokenCheck } from '../policy/api-token.ts';
import type { RequestAdmission } from '../policy/request-admission.ts';
import type { CallGuards } from '../resilience/call-resilience.ts';
import type { Router } from '../target/router.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { LogLimiter } from './log-limiter.ts';

export interface ProxyContext {
  readonly settings: ProxySettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly router: Router;
  readonly guards: CallGuards;
  /** For the bodies of calls that may be sent again. */
  readonly retryBuffer: HeldBytesOptions;
  readonly pipelines: LivePipelines;
  /** Of request bodies that middleware reads whole. */
  readonly keptBytes: ByteBudget;
  readonly readiness: Readiness;
  readonly metadata: Metadata;
  readonly admission: RequestAdmission;
  readonly failureLog: LogLimiter;
  readonly isTokenValid: TokenCheck;
  /** Null without `--enable-app-health-check`. */
  readonly appHealth: AppHealth | null;
  /** Aborted when the proxy takes no more requests and finishes those that it has. */
  readonly draining: AbortSignal;
  readonly requestShutdown: (manner: 'graceful' | 'forced') => void;
}
