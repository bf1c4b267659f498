/** Upstreams for targets that are URLs, one per origin, made when first called. Callers choose the origins, so they are capped. */
import { RecentMap } from '#shared/memory/recent-map.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { UpstreamFactory } from '../upstream/upstream-factory.ts';

/** The origin called longest ago gives way. */
const maxOrigins = 256;

export class UrlUpstreams {
  readonly #factory: UpstreamFactory;
  readonly #upstreamsByOrigin = new RecentMap<Upstream>(maxOrigins);

  constructor(factory: UpstreamFactory) {
    this.#factory = factory;
  }

  /** The upstream of an origin, now the most recently called. */
  forOrigin(origin: string): Upstream {
    const present = this.#upstreamsByOrigin.get(origin);
    if (present !== undefined) return present;
    const upstream = this.#factory.forOrigin(origin);
    this.#upstreamsByOrigin.set(origin, upstream)?.pool.retire();
    return upstream;
  }
}
