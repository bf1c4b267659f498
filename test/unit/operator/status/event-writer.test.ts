import { describe, expect, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import { answerError } from '../../../../operator/kube/answer-error.ts';
import { EventWriter } from '../../../../operator/status/event-writer.ts';
import { noStatusMetrics } from '../../../../operator/status/status-metrics.ts';
import { FakeKubeClient } from '../../../support/fake-kube-client.ts';
import { linkError } from '../../../support/link-error.ts';
import { memoryLogger, type LogLine } from '../../../support/memory-logger.ts';
import { waitUntil } from '../../../support/start-test-proxy.ts';

function forbidden(causes: readonly object[]): LinkError {
  return answerError({
    request: 'POST events shop',
    status: 403,
    retryAfter: '',
    body: JSON.stringify({ reason: 'Forbidden', details: { causes } }),
    hasBody: true,
    epochMs: 0,
  });
}

describe('an Event that the API server does not take', () => {
  test.each([
    ['a namespace that goes', forbidden([{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }]), 0],
    ['a namespace that is gone', linkError(404), 0],
    ['a missing permission', forbidden([]), 1],
  ])('is dropped; for %s', async (_, failure, warnings) => {
    const client = new FakeKubeClient();
    client.failure = () => failure;
    const lines: LogLine[] = [];
    let dropped = 0;
    const writer = new EventWriter({
      kube: client,
      clock: systemClock,
      logger: memoryLogger(lines),
      metrics: { ...noStatusMetrics, eventWritten: (outcome) => (dropped += Number(outcome === 'dropped')) },
      random: () => 0,
    });
    const ending = new AbortController();
    const running = writer.run(ending.signal);
    writer.add({ apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'one', namespace: 'shop' } });
    await waitUntil(() => dropped === 1);
    ending.abort();
    await running;
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(warnings);
  });
});
