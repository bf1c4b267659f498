/** `middleware.http.bearer`: only requests with a valid JWT of the issuer go on. The token goes on with them. */
import { hash } from 'node:crypto';
import { parseBearerSettings } from '#shared/middleware/bearer-settings.ts';
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { GenerationMap } from '#shared/memory/generation-map.ts';
import type { Reply } from '../../reply/reply.ts';
import { HttpClient } from '../http/http-client.ts';
import { publicKeys, TokenVerifier, type PublicKeys } from '../jose/token-verifier.ts';
import { failuresOf } from '../middleware-failure.ts';
import type { CreateMiddleware, Middleware, MiddlewareRequest, Verdict } from '../middleware.ts';
import { textReply } from '../text-reply.ts';
import { usableSettings } from '../usable-settings.ts';
import { fetchKeys } from './fetch-keys.ts';
import { IssuerKeys, type KeyVersion } from './issuer-keys.ts';

const callTimeoutMs = 10_000;
const maxDocumentBytes = 1024 * 1024;
/** Twice as many tokens are known at most, by their digests. */
const knownTokensPerGeneration = 2048;

/** Rejects when the issuer's keys cannot be had: nobody could get in. */
export const createBearer: CreateMiddleware = async (entry, { clock, logger, openPool, signal }) => {
  const settings = usableSettings(parseBearerSettings(entry.settings));
  const { issuer, audience, rootCa } = settings;
  const failure = failuresOf(entry);
  const client = new HttpClient({ openPool, clock, rootCa, timeoutMs: callTimeoutMs, maxBodyBytes: maxDocumentBytes });
  try {
    const keys = await IssuerKeys.load({
      fetch: () => fetchKeys(settings, client, signal),
      prepare: publicKeys,
      failure,
      clock,
      logger,
    });
    return new Bearer({
      keys,
      verifier: new TokenVerifier({ clock, issuer, audience, failure }),
      clock,
      logger,
      close: () => client.close(),
    });
  } catch (error) {
    client.close();
    throw error;
  }
};

interface BearerOptions {
  readonly keys: IssuerKeys<PublicKeys>;
  readonly verifier: TokenVerifier;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly close: () => void;
}

class Bearer implements Middleware {
  readonly #options: BearerOptions;
  /** Digest of a token → until when it holds. What was found with other keys is not in it. */
  #known = new GenerationMap<number>(knownTokensPerGeneration);
  #knownBy: KeyVersion<PublicKeys> | null = null;

  constructor(options: BearerOptions) {
    this.#options = options;
  }

  handle(request: MiddlewareRequest): Verdict | Promise<Verdict> {
    const token = bearerToken(request.headerValues('authorization'));
    if (token === null) return this.#refuse('no token', 'Bearer');
    const digest = hash('sha256', token, 'base64');
    const version = this.#options.keys.fresh();
    if (version !== null && this.#isKnown(digest, version)) return null;
    return this.#verify(token, digest);
  }

  close(): void {
    this.#options.close();
  }

  #isKnown(digest: string, version: KeyVersion<PublicKeys>): boolean {
    const untilMs = version === this.#knownBy ? this.#known.get(digest) : undefined;
    return untilMs !== undefined && this.#options.clock.epochMs() < untilMs;
  }

  async #verify(token: string, digest: string): Promise<Verdict> {
    const { keys, verifier } = this.#options;
    let version = await keys.current();
    let finding = await verifier.verify(token, version.keys);
    if (!finding.isValid && finding.isKeyUnknown) {
      const newer = await keys.newerThan(version);
      if (newer !== null) {
        version = newer;
        finding = await verifier.verify(token, newer.keys);
      }
    }
    if (!finding.isValid) return this.#refuse(finding.reason, 'Bearer error="invalid_token"');
    this.#remember(digest, { untilMs: finding.untilMs, version });
    return null;
  }

  /** The caller is not told why, whoever reads the log is. */
  #refuse(reason: string, challenge: string): Reply {
    this.#options.logger.debug('a bearer token is refused', { reason });
    return unauthorized(challenge);
  }

  #remember(digest: string, { untilMs, version }: { untilMs: number; version: KeyVersion<PublicKeys> }): void {
    if (version !== this.#knownBy) {
      if (version !== this.#options.keys.fresh()) return;
      this.#known = new GenerationMap(knownTokensPerGeneration);
      this.#knownBy = version;
    }
    this.#known.set(digest, untilMs);
  }
}

/** Two Authorization headers are none: the upstream might read the other one. */
function bearerToken([value, second]: readonly string[]): string | null {
  if (value === undefined || second !== undefined) return null;
  return /^bearer +([\w.~+/=-]+) *$/i.exec(value)?.[1] ?? null;
}

/** RFC 6750 §3: no reason but that it is not valid. */
function unauthorized(challenge: string): Reply {
  return textReply(401, 'Unauthorized', ['WWW-Authenticate', challenge]);
}
