/** `middleware.http.opa`: an OPA server decides whether a request goes on. Without a decision it does not. */
import { STATUS_CODES } from 'node:http';
import { type OpaSettings, parseOpaSettings } from '#shared/middleware/opa-settings.ts';
import { LogLimiter } from '../../pipeline/log-limiter.ts';
import type { Reply } from '../../reply/reply.ts';
import { HttpClient } from '../http/http-client.ts';
import type { CreateMiddleware, Middleware, MiddlewareRequest, Verdict } from '../middleware.ts';
import { usableSettings } from '../usable-settings.ts';
import { type OpaDecision, opaDecision } from './opa-decision.ts';
import { opaInput, type OpaInput } from './opa-input.ts';
import { OpaPolicy } from './opa-policy.ts';
import { OpaServer } from './opa-server.ts';

const maxAnswerBytes = 256 * 1024;

/** Puts the policy on the server, if it brings one, and is ready when OPA has taken it. */
export const createOpa: CreateMiddleware = async (entry, context) => {
  const settings = usableSettings(parseOpaSettings(entry.settings));
  const { openPool, clock, logger, namespace, appId } = context;
  const { rootCa, timeoutMs, url, token, rego } = settings;
  const client = new HttpClient({ openPool, clock, rootCa, timeoutMs, maxBodyBytes: maxAnswerBytes });
  const server = new OpaServer({ client, url, token });
  const owner = [namespace, appId, entry.name] as const;
  const policy = rego === null ? null : new OpaPolicy({ server, clock, rego, owner });
  try {
    await policy?.put(context.signal);
  } catch (error) {
    client.close();
    throw error;
  }
  const log = new LogLimiter(logger, clock);
  const path = policy === null ? settings.decision : `${policy.folder}/${settings.decision}`;

  /** Rejects when there is no decision. */
  async function decide(input: OpaInput, signal: AbortSignal): Promise<OpaDecision> {
    const askedAtMs = clock.monotonicMs();
    let result = await server.decide(path, input, signal);
    if (result === undefined && policy !== null && (await policy.restore(askedAtMs, context.signal))) {
      result = await server.decide(path, input, signal);
    }
    return opaDecision(result);
  }

  return {
    async handle(request): Promise<Verdict> {
      const body = settings.readBody ? (await request.readBody(settings.maxBodyBytes)).toString('utf8') : '';
      const input = opaInput(request, { includedHeaders: settings.includedHeaders, namespace, body });
      try {
        return applied(await decide(input, request.departure), request, settings);
      } catch (error) {
        if (request.departure.aborted) throw error;
        log.warn('no decision about a request, which is refused', { err: error });
        return { ...refusal(settings.defaultStatus, [['x-dapr-opa-error', 'true']]), isUndecided: true };
      }
    },
    close: () => client.close(),
  } satisfies Middleware;
};

function applied(decision: OpaDecision, request: MiddlewareRequest, { defaultStatus }: OpaSettings): Verdict {
  if (!decision.isAllowed) return refusal(decision.status ?? defaultStatus, decision.headers);
  for (const [name, value] of decision.headers) request.setHeader(name, value);
  return null;
}

function refusal(status: number, headers: OpaDecision['headers']): Reply {
  const contentType = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const others = headers.filter(([name]) => name.toLowerCase() !== 'content-type');
  const isBodiless = status === 204 || status === 205 || status === 304;
  return {
    status,
    headers: others.flat(),
    contentType: isBodiless ? '' : (contentType ?? 'text/plain; charset=utf-8'),
    body: isBodiless ? '' : (STATUS_CODES[status] ?? ''),
  };
}
