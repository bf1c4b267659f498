/** What a fault proxy can do to requests and to lines of a watch, and which ones it does it to. */

/** Done to a request instead of, or before, passing it on. */
export type RequestFault =
  /** The connection is reset. */
  | { readonly kind: 'reset' }
  /** The API server refuses: 429 with Retry-After, 410, 500 … */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  /** The request is taken, and nothing is ever said. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'latency'; readonly ms: number }
  /** Half of the answer's first piece, then a reset. */
  | { readonly kind: 'half-answer' };

/** Done to a watch in place of its next line, or at once by `strike`. */
export type LineFault =
  /** Whole lines until here, then a reset. */
  | { readonly kind: 'line-reset' }
  /** Whole lines until here, then a proper end. */
  | { readonly kind: 'line-end' }
  /** Half a line, then a reset. */
  | { readonly kind: 'half-line' }
  /** Half a line, then a proper end. */
  | { readonly kind: 'half-line-end' }
  /** A line that is no JSON takes the place of the true one; the stream goes on. */
  | { readonly kind: 'unparsable-line' }
  /** An ERROR event takes the place of the line, and the stream ends. */
  | { readonly kind: 'error-line'; readonly code: number }
  /** From here on nothing comes, and the connection stays. */
  | { readonly kind: 'line-silence' };

export type Fault = RequestFault | LineFault;

/** What the client wants. */
export type RequestKind = 'list' | 'watch' | 'get' | 'write';

export interface FaultMatch {
  /** Defaults to every kind; faults of lines concern watches only. */
  readonly on?: readonly RequestKind[];
  /** Tested against path and query. Defaults to every path. */
  readonly path?: RegExp;
  /** How often it is done; defaults to until it is cleared. */
  readonly times?: number;
  /** How likely it is done where it could be, from 0 to 1; defaults to 1. */
  readonly chance?: number;
}

/** One request as faults see it. */
export interface FaultyRequest {
  readonly kind: RequestKind;
  readonly path: string;
}

/** A fault that was switched on. */
export interface InjectedFault {
  /** How often it was done. */
  readonly done: number;
  clear(): void;
}

const lineKinds: ReadonlySet<string> = new Set<LineFault['kind']>([
  'line-reset',
  'line-end',
  'half-line',
  'half-line-end',
  'unparsable-line',
  'error-line',
  'line-silence',
]);

/** Whether it is done to lines of a watch. */
export function isLineFault(fault: Fault): fault is LineFault {
  return lineKinds.has(fault.kind);
}

/** From method, path and query. */
export function requestKindOf(method: string, path: string): RequestKind {
  if (method !== 'GET') return 'write';
  const { pathname, searchParams } = new URL(path, 'https://api');
  if (['1', 'true'].includes(searchParams.get('watch') ?? '')) return 'watch';
  // /api/v1/… and /apis/<group>/<version>/…, in a namespace or not: a name follows the plural, or none does.
  const [, rest = ''] = /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)\/(?:namespaces\/[^/]+\/(?=.))?(.*)$/.exec(pathname) ?? [];
  return rest === '' || rest.includes('/') ? 'get' : 'list';
}

/** The faults that are on. */
export class FaultBoard {
  readonly #entries = new Set<{ readonly fault: Fault; readonly match: FaultMatch; done: number }>();
  readonly #doneByKind = new Map<Fault['kind'], number>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Switches one on. */
  inject(fault: Fault, match: FaultMatch): InjectedFault {
    const entry = { fault, match, done: 0 };
    this.#entries.add(entry);
    return {
      get done() {
        return entry.done;
      },
      clear: () => void this.#entries.delete(entry),
    };
  }

  clear(): void {
    this.#entries.clear();
  }

  /** The first fault of a request that is due now; it counts as done. */
  takeRequestFault(request: FaultyRequest): RequestFault | null {
    const fault = this.#take(request, (each) => !isLineFault(each));
    return fault === null || isLineFault(fault) ? null : fault;
  }

  /** The same for the next line of a watch. */
  takeLineFault(request: FaultyRequest): LineFault | null {
    const fault = this.#take(request, isLineFault);
    return fault !== null && isLineFault(fault) ? fault : null;
  }

  /** Counts one that was done without being switched on. */
  count(fault: Fault): void {
    this.#doneByKind.set(fault.kind, this.doneOf(fault.kind) + 1);
  }

  doneOf(kind: Fault['kind']): number {
    return this.#doneByKind.get(kind) ?? 0;
  }

  #take(request: FaultyRequest, isMeant: (fault: Fault) => boolean): Fault | null {
    for (const entry of this.#entries) {
      const { fault, match } = entry;
      if (!isMeant(fault) || !isMatching(match, request) || entry.done >= (match.times ?? Infinity)) continue;
      if (match.chance !== undefined && this.#random() >= match.chance) continue;
      entry.done += 1;
      this.count(fault);
      return fault;
    }
    return null;
  }
}

/** Whether a request is one of those that are meant. */
export function isMatching({ on, path }: FaultMatch, request: FaultyRequest): boolean {
  return (on === undefined || on.includes(request.kind)) && (path === undefined || path.test(request.path));
}
