/** The body of a request on its way through middleware: changed piece by piece, or read whole and kept for what comes after. */
import { Readable } from 'node:stream';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { HeldBytes } from '#shared/memory/held-bytes.ts';
import type { BodyMap } from '../middleware/middleware.ts';
import { RequestBody, type BodySource } from '../upstream/request-body.ts';
import type { Exchange } from './exchange.ts';
import type { ProxyContext } from './proxy-context.ts';

/** What a middleware has done to a body. */
export class PassingBody {
  /** Null until it was read. */
  #kept: Buffer | null = null;
  #map: BodyMap | null = null;

  /** Of what the maps before it have made. */
  addMap(map: BodyMap): void {
    this.#map = this.#map === null ? map : oneAfterTheOther(this.#map, map);
  }

  /** The body as it is by now. Rejects with ProxyError when it is larger than `maxBytes`, or cannot be kept. */
  async readWhole(maxBytes: number, exchange: Exchange, context: ProxyContext): Promise<Buffer> {
    if (this.#kept === null || this.#map !== null) {
      const body = openBody(exchange, context);
      exchange.body = body;
      this.#kept = await collected(body, { maxBytes, exchange, context });
      this.#map = null;
    }
    if (this.#kept.length > maxBytes) throw tooLarge(maxBytes);
    return this.#kept;
  }

  /** Where the body comes from now on. */
  sourceOf({ request }: Exchange): BodySource {
    return this.#kept === null ? request : new KeptBody(this.#kept);
  }

  get map(): BodyMap | null {
    return this.#map;
  }
}

/** The body of a request as a stream, to be read once. `maxBytes` of the caller's; 0: no limit. */
export function openBody(
  exchange: Exchange,
  { settings, clock, retryBuffer }: ProxyContext,
  maxBytes = settings.limits.maxBodyBytes,
): RequestBody {
  const map = exchange.passingBody?.map ?? null;
  const declared = map === null ? Number(exchange.request.headers['content-length'] ?? 1) : 1;
  return new RequestBody(exchange.passingBody?.sourceOf(exchange) ?? exchange.request, {
    maxBytes,
    idleTimeoutMs: settings.limits.bodyIdleTimeoutMs,
    clock,
    onFirstRead: () => exchange.askForBody(),
    map,
    // One that cannot fit takes the short way.
    replay: declared > retryBuffer.maxBytes ? null : retryBuffer,
  });
}

/** Its bytes count as kept until the exchange is over. */
async function collected(
  body: RequestBody,
  {
    maxBytes,
    exchange,
    context,
  }: { readonly maxBytes: number; readonly exchange: Exchange; readonly context: ProxyContext },
): Promise<Buffer> {
  // Before the caller is told to go on.
  const { maxBodyBytes } = context.settings.limits;
  const most = maxBodyBytes === 0 ? maxBytes : Math.min(maxBytes, maxBodyBytes);
  if (Number(exchange.request.headers['content-length'] ?? 0) > most) throw tooLarge(most);
  const budget = context.keptBytes;
  const held = new HeldBytes({ maxBytes, budget });
  exchange.response.onClose(() => held.drop());
  for await (const piece of body) {
    if (!Buffer.isBuffer(piece)) continue;
    if (exchange.response.isClosed) throw new ProxyError('caller-left', 'the caller left');
    const outcome = held.add(piece);
    if (outcome === 'too-large') throw tooLarge(maxBytes);
    if (outcome === 'no-room')
      throw new ProxyError('overloaded', `middleware keeps ${budget.maxBytes} bytes of request bodies already`);
  }
  return held.bytes;
}

function tooLarge(maxBytes: number): ProxyError {
  return new ProxyError(
    'body-too-large',
    `the request body is larger than the ${maxBytes} bytes that a middleware may read`,
  );
}

function oneAfterTheOther(first: BodyMap, second: BodyMap): BodyMap {
  return {
    piece: (chunk) => second.piece(first.piece(chunk)),
    end: () => Buffer.concat([second.piece(first.end()), second.end()]),
  };
}

/** A body in memory, in the place of an incoming message. */
class KeptBody extends Readable {
  readonly complete = true;
  #rest: Buffer | null;

  constructor(body: Buffer) {
    super();
    this.#rest = body;
  }

  override _read(): void {
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null && rest.length > 0) this.push(rest);
    this.push(null);
  }
}
