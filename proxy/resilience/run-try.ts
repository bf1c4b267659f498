/** One try of a call: the slot it waits for, out of its own time, and holds until its end. */
import type { GuardedCall } from './run-tries.ts';
import { slowSlot } from './time-limit.ts';
import { TryGate, type TryEnd, type TryParts } from './try-gate.ts';

/** Rejects with ProxyError when the try is not let through. */
export function runTry(call: GuardedCall, parts: TryParts): Promise<TryEnd> {
  return call.limiter.isUnlimited ? new TryGate(call, parts, timeoutOf(call)).send() : tryInSlot(call, parts);
}

async function tryInSlot(call: GuardedCall, parts: TryParts): Promise<TryEnd> {
  const { limiter, context } = call;
  const startedAtMs = context.clock.monotonicMs();
  const late = await awaitSlot(call, parts);
  if (late !== null) return late;
  try {
    const leftMs = timeoutOf(call) - (context.clock.monotonicMs() - startedAtMs);
    return await new TryGate(call, parts, leftMs).send();
  } finally {
    // Not held while the call waits for its next try.
    limiter.release();
  }
}

/** The wait for a slot counts as part of the try. Resolves with the end of the try when it took too long. */
async function awaitSlot(call: GuardedCall, { plan, report }: TryParts): Promise<TryEnd | null> {
  const { resilience, context, exchange, limiter } = call;
  const { timeout } = resilience.policies;
  if (timeout === null) {
    await limiter.acquire(exchange.departure);
    return null;
  }
  const lateness = new AbortController();
  const error = slowSlot(timeout);
  const timer = context.clock.after(timeout.timeoutMs, () => lateness.abort(error));
  try {
    await limiter.acquire(AbortSignal.any([exchange.departure, lateness.signal]));
    return null;
  } catch (reason) {
    if (reason !== error) throw reason;
    report.timedOut();
    const result = { status: 0, roundtripMs: timeout.timeoutMs, receivedBytes: 0, error, wasConnected: false };
    return { result, retryInMs: plan.afterFailure(result) };
  } finally {
    timer.cancel();
  }
}

function timeoutOf({ resilience }: GuardedCall): number {
  return resilience.policies.timeout?.timeoutMs ?? 0;
}
