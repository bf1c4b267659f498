/** A bearer middleware before an issuer on loopback. */
import type { JWTPayload } from 'jose';
import { createBearer } from '../../proxy/middleware/bearer/create-bearer.ts';
import type { Middleware, Verdict } from '../../proxy/middleware/middleware.ts';
import { middlewareRequest } from './middleware-request.ts';
import { MiddlewareStage } from './middleware-stage.ts';
import { TestIssuer } from './start-issuer.ts';

export class BearerSite extends MiddlewareStage {
  readonly issuer: TestIssuer;

  private constructor(issuer: TestIssuer) {
    super();
    this.issuer = issuer;
  }

  static async open(): Promise<BearerSite> {
    return new BearerSite(await TestIssuer.start());
  }

  bearer(settings: Readonly<Record<string, string>> = {}): Promise<Middleware> {
    const { origin, rootCa } = this.issuer;
    const all = { issuer: origin, audience: 'orders-api', rootCA: rootCa, ...settings };
    return this.start(createBearer, { type: 'middleware.http.bearer', settings: all });
  }

  get nowMs(): number {
    return this.clock.epochMs();
  }

  /** Claims whose times are seconds from now; `SLASH` stands for the issuer with a slash. */
  claims(claims: JWTPayload): JWTPayload & { readonly nowMs: number } {
    const moved = Object.entries(claims).map(([name, value]) => {
      if (typeof value === 'number') return [name, Math.floor(this.nowMs / 1000) + value];
      return [name, value === 'SLASH' ? `${this.issuer.origin}/` : value];
    });
    return { ...(Object.fromEntries(moved) as JWTPayload), nowMs: this.nowMs };
  }
}

/** What a request with these Authorization headers meets. */
export async function askBearer(bearer: Middleware, ...authorization: string[]): Promise<Verdict> {
  return bearer.handle(middlewareRequest({ headers: { authorization } }));
}

/** The answer to whoever may not pass. */
export function unauthorized(challenge: string): Verdict {
  return {
    status: 401,
    headers: ['WWW-Authenticate', challenge],
    contentType: 'text/plain; charset=utf-8',
    body: 'Unauthorized',
  };
}
