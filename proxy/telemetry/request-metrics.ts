/**
 * Dapr's metrics of requests, calls and probes, and ours of outcomes (docs/metrics.md). This is the hot path: label
 * work is done once per combination, then the cells are found in a bounded cache and added to.
 */
import type { CollectedMetric } from 'prom-client/lib/registry.js';
import { GenerationMap } from '#shared/memory/generation-map.ts';
import { CappedValues, otherLabel } from './capped-values.ts';
import type { CounterCell } from './counter-family.ts';
import type { HistogramCell } from './histogram-family.ts';
import { maxPaths, requestFamilies, type RequestFamilies, type RequestFamiliesOptions } from './request-families.ts';
import { requestLabels, type RequestLabels } from './request-labels.ts';
import { cutLabel, maxRewrittenLength } from './series-set.ts';
import type { CallTarget, EndedCall, EndedProbe, ServedRequest } from './telemetry.ts';

interface ServedCells {
  readonly requests: CounterCell;
  readonly responses: CounterCell | null;
  readonly latency: HistogramCell;
}

interface CallCells {
  readonly completed: CounterCell;
  readonly roundtrip: HistogramCell;
  readonly sentBytes: HistogramCell;
}

interface ReceivedCells {
  readonly responses: CounterCell;
  readonly latency: HistogramCell;
}

const cachedCombinations = 512;
const maxUrls = 50;
/** What Dapr records where no response came; the error code is in dapr_httpendpoint_requests_total. */
const failedStatus = '500';
/** The caller left before a status was sent; 499 as in nginx, never a status of ours. */
const leftStatus = '499';

export class RequestMetrics {
  readonly #labels: RequestLabels;
  readonly #families: RequestFamilies;
  readonly #requestBytes: HistogramCell;
  readonly #responseBytes: HistogramCell;
  readonly #receivedBytes: HistogramCell;
  readonly #errorCodes: CounterCell | null;
  /** Caps paths before any family sees them, which is fast; null with rules, which may make many paths one. */
  readonly #servedPaths: CappedValues | null;
  readonly #calledPaths: CappedValues | null;
  readonly #urls = new CappedValues(maxUrls);
  readonly #served = new GenerationMap<ServedCells>(cachedCombinations);
  readonly #calls = new GenerationMap<CallCells>(cachedCombinations);
  readonly #sent = new GenerationMap<CounterCell>(cachedCombinations);
  readonly #received = new GenerationMap<ReceivedCells>(cachedCombinations);
  readonly #outcomes = new GenerationMap<CounterCell>(cachedCombinations);

  constructor(familiesOptions: RequestFamiliesOptions) {
    const { options, logger } = familiesOptions;
    this.#labels = requestLabels(options, logger);
    const hasRules = options.rules.length > 0;
    this.#servedPaths = hasRules ? null : new CappedValues(maxPaths);
    this.#calledPaths = hasRules ? null : new CappedValues(maxPaths);
    this.#families = requestFamilies(familiesOptions);
    this.#requestBytes = this.#families.requestBytes.cell([]);
    this.#responseBytes = this.#families.responseBytes.cell([]);
    this.#receivedBytes = this.#families.receivedBytes.cell([]);
    this.#errorCodes = this.#families.errorCodes?.cell(['ERR_DIRECT_INVOKE', 'service-invocation']) ?? null;
  }

  get metrics(): readonly CollectedMetric[] {
    const families: readonly (CollectedMetric | null)[] = Object.values({ ...this.#families });
    return families.filter((family) => family !== null);
  }

  requestServed(request: ServedRequest): void {
    const cells = this.#servedCells(request);
    cells.requests.value += 1;
    if (cells.responses !== null) cells.responses.value += 1;
    cells.latency.observe(request.durationMs);
    this.#requestBytes.observe(request.requestBytes);
    this.#responseBytes.observe(request.responseBytes);
    if (request.target !== null || request.errorCode !== null || request.isMiddlewareAnswer)
      this.#outcomeCell(request).value += 1;
    if (this.#errorCodes !== null && request.errorCode !== null) this.#errorCodes.value += 1;
  }

  /** The application beside the proxy is not a service invocation: only the client metrics count its calls. */
  callStarted(target: CallTarget): void {
    if (target.kind === 'app') return;
    let cell = this.#sent.get(target.label);
    if (cell === undefined) {
      cell = this.#families.sent.cell([this.#targetLabel(target), 'unary']);
      this.#sent.set(target.label, cell);
    }
    cell.value += 1;
  }

  callEnded(call: EndedCall): void {
    const cells = this.#callCells(call);
    cells.completed.value += 1;
    cells.roundtrip.observe(call.roundtripMs);
    cells.sentBytes.observe(call.sentBytes);
    this.#receivedBytes.observe(call.receivedBytes);
    if (call.target.kind === 'app') return;
    const received = this.#receivedCells(call);
    received.responses.value += 1;
    received.latency.observe(call.roundtripMs);
  }

  appProbed(probe: EndedProbe): void {
    const status = statusLabel(probe.status, failedStatus);
    this.#families.probes.cell([status]).value += 1;
    this.#families.probeLatency.cell([status]).observe(probe.durationMs);
  }

  #servedCells(request: ServedRequest): ServedCells {
    const method = this.#labels.method(request.method);
    const path = this.#servedPath(request);
    const key = `${request.status} ${method} ${path}`;
    const cached = this.#served.get(key);
    if (cached !== undefined) return cached;
    const values = [method, path, statusLabel(request.status, leftStatus)];
    const cells = {
      requests: this.#families.requests.cell(values),
      responses: this.#families.responses?.cell(values) ?? null,
      latency: this.#families.latency.cell(values),
    };
    this.#served.set(key, cells);
    return cells;
  }

  /** A request that was refused before it reached a target, perhaps without a token, must not use up the path labels. */
  #servedPath(request: ServedRequest): string {
    const path = this.#labels.path(request.method, request.path);
    const isStray = request.target === null && (request.errorCode !== null || request.isMiddlewareAnswer);
    if (isStray) return path === '' ? path : otherLabel;
    return admitPath(this.#servedPaths, path);
  }

  #callCells(call: EndedCall): CallCells {
    const method = this.#labels.method(call.method);
    const path = admitPath(this.#calledPaths, this.#labels.path(call.method, call.path));
    const key = `${call.status} ${method} ${path}`;
    const cached = this.#calls.get(key);
    if (cached !== undefined) return cached;
    const values = [method, path, statusLabel(call.status, failedStatus)];
    const cells = {
      completed: this.#families.completed.cell(values),
      roundtrip: this.#families.roundtrip.cell(values),
      sentBytes: this.#families.sentBytes.cell([method, path, '']),
    };
    this.#calls.set(key, cells);
    return cells;
  }

  #receivedCells(call: EndedCall): ReceivedCells {
    const key = `${call.status} ${call.target.label}`;
    const cached = this.#received.get(key);
    if (cached !== undefined) return cached;
    const label = this.#targetLabel(call.target);
    const status = statusLabel(call.status, failedStatus);
    const cells = {
      responses: this.#families.received.cell([label, status, 'unary']),
      latency: this.#families.receivedLatency.cell([label, status]),
    };
    this.#received.set(key, cells);
    return cells;
  }

  #outcomeCell(request: ServedRequest): CounterCell {
    const { target } = request;
    const kind = target?.kind ?? 'none';
    const outcome = outcomeOf(request);
    const key = `${kind} ${outcome} ${target?.label ?? ''}`;
    const cached = this.#outcomes.get(key);
    if (cached !== undefined) return cached;
    const cell = this.#families.outcomes.cell([kind, target === null ? '' : this.#targetLabel(target), outcome]);
    this.#outcomes.set(key, cell);
    return cell;
  }

  /** URLs have a cap of their own, so that callers cannot push the names of endpoints out. */
  #targetLabel({ kind, label }: CallTarget): string {
    return kind === 'url' ? this.#urls.admit(label) : label;
  }
}

/** What became of a request: the proxy's error code, or what the upstream answered. */
function outcomeOf(request: ServedRequest): string {
  if (request.errorCode !== null) return request.errorCode;
  if (request.isAborted) return 'aborted';
  if (request.isMiddlewareAnswer) return 'middleware';
  if (request.status >= 500) return 'upstream-5xx';
  if (request.status >= 400) return 'upstream-4xx';
  return request.status === 0 ? 'caller-left' : 'success';
}

/** Cut before it is remembered: a path may be as long as a request line. */
function admitPath(paths: CappedValues | null, path: string): string {
  return paths === null ? path.slice(0, maxRewrittenLength) : paths.admit(cutLabel(path));
}

function statusLabel(status: number, none: string): string {
  return status >= 100 && status <= 999 ? String(status) : none;
}
