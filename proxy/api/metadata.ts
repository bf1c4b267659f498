/** `GET /v1.0/metadata` and `PUT /v1.0/metadata/{key}` (spec/observability.md §6). */
import type { ProxySettings } from '#shared/settings/proxy-settings.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { MiddlewareState } from '../middleware/middleware-slot.ts';
import { jsonReply, type Reply } from '../reply/reply.ts';
import type { LiveBreaker } from '../telemetry/telemetry.ts';

const maxKeys = 64;
const maxKeyLength = 256;
/** Bytes of one value. */
export const maxMetadataValueBytes = 4 * 1024;
/** Callers choose the URLs that breakers are for. */
const maxBreakers = 100;

/** What is so at the moment of the answer. */
export interface LiveState {
  readonly table: EndpointTable | null;
  readonly middleware: readonly MiddlewareState[];
  readonly breakers: readonly LiveBreaker[];
}

/** What the application has said about itself, in memory, bounded. */
export class Metadata {
  readonly #settings: ProxySettings;
  readonly #version: string;
  readonly #extended = new Map<string, string>();

  constructor(settings: ProxySettings, options: { readonly version: string }) {
    this.#settings = settings;
    this.#version = options.version;
  }

  /** Throws ProxyError `bad-request` when a bound is passed. */
  put(key: string, value: string): void {
    if (key.length > maxKeyLength)
      throw new ProxyError('bad-request', `a metadata key has at most ${maxKeyLength} characters`);
    if (!this.#extended.has(key) && this.#extended.size >= maxKeys) {
      throw new ProxyError('bad-request', `at most ${maxKeys} metadata keys are kept`);
    }
    this.#extended.set(key, value);
  }

  /** Everything, for those who may see it. */
  fullReply({ table, middleware, breakers }: LiveState): Reply {
    const { appId, app, appMaxConcurrency } = this.#settings;
    const httpEndpoints = [...(table?.endpointsByName.values() ?? [])].map((endpoint) =>
      endpoint.state === 'ready'
        ? { name: endpoint.name, state: endpoint.state }
        : { name: endpoint.name, state: endpoint.state, reason: endpoint.reason, message: endpoint.message },
    );
    const resiliencies = (table?.resilience.resources ?? []).map(({ name }) => ({ name }));
    return json({
      id: appId,
      runtimeVersion: this.#version,
      ...(this.#extended.size > 0 || this.#version !== ''
        ? { extended: { ...Object.fromEntries(this.#extended), daprRuntimeVersion: this.#version } }
        : {}),
      ...(httpEndpoints.length > 0 ? { httpEndpoints } : {}),
      ...(resiliencies.length > 0 ? { resiliencies } : {}),
      ...(breakers.length > 0 ? { circuitBreakers: shownBreakers(breakers) } : {}),
      ...(middleware.length > 0 ? { middleware: middleware.map(shownMiddleware) } : {}),
      ...(app === null
        ? {}
        : {
            appConnectionProperties: {
              port: app.port,
              protocol: app.protocol,
              channelAddress: app.channelAddress,
              ...(appMaxConcurrency > 0 ? { maxConcurrency: appMaxConcurrency } : {}),
              ...(app.healthCheck === null ? {} : { health: healthOf(app.healthCheck) }),
            },
          }),
      ...(table === null ? {} : { tableRevision: table.revision }),
    });
  }

  /** What the public port shows to those without the token: no more than a health check tells. */
  publicReply(): Reply {
    return json({ id: this.#settings.appId });
  }
}

function shownMiddleware({ name, type, state, reason }: MiddlewareState): Record<string, string> {
  return { name, type, state, ...(reason === '' ? {} : { reason }) };
}

/** Those that keep calls off come first. */
function shownBreakers(breakers: readonly LiveBreaker[]): readonly Record<string, string>[] {
  const open = breakers.filter(({ state }) => state !== 'closed');
  const closed = breakers.filter(({ state }) => state === 'closed');
  const shown = [...open, ...closed].slice(0, maxBreakers);
  return shown.map(({ target, policy, state }) => ({ target: target.label, policy: policy.name, state }));
}

function healthOf(
  check: NonNullable<NonNullable<ProxySettings['app']>['healthCheck']>,
): Record<string, string | number> {
  return {
    healthCheckPath: check.path,
    healthProbeInterval: `${check.intervalMs / 1000}s`,
    healthProbeTimeout: `${check.timeoutMs}ms`,
    healthThreshold: check.threshold,
  };
}

function json(value: unknown): Reply {
  return jsonReply(200, JSON.stringify(value));
}
