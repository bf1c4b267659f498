import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '#shared/compile/finding.ts';
import { linkError } from '../../../support/link-error.ts';
import { StatusStage } from '../../../support/status-stage.ts';

let stage: StatusStage;

beforeEach(() => {
  stage = new StatusStage();
});

afterEach(() => stage.stop());

const secretNotFound: Finding = {
  reason: 'SecretNotFound',
  message: 'secret default/s is not there',
  severity: 'error',
  origin: 'reference',
};

/** `Warning SecretNotFound: ResolvedRefs is False: …`, one an Event. */
function told(): readonly string[] {
  return stage.events.map((event) => `${String(event['type'])} ${String(event['reason'])}: ${String(event['note'])}`);
}

describe('Events', () => {
  test('tell each change of a condition, and no other write', async () => {
    stage.put('a');
    stage.count('a', 1, 1);
    await stage.lead();
    expect(told()).toEqual([
      'Normal Accepted: Accepted is True: the resource is valid',
      'Normal ResolvedRefs: ResolvedRefs is True: everything that it refers to was found',
      'Normal Programmed: Programmed is True: 1 of 1 proxy has this generation',
    ]);
    stage.events.length = 0;
    stage.put('a', { generation: 2 });
    await stage.advance(300);
    expect(told()).toEqual([]);
    stage.put('a', { generation: 3, referenceFindings: [secretNotFound], usesLastGood: true });
    await stage.advance(300);
    expect(told()).toEqual(['Warning SecretNotFound: ResolvedRefs is False: secret default/s is not there']);
  });

  test('tell a condition that is gone', async () => {
    stage.put('a');
    stage.setApp('default/a', true);
    await stage.lead();
    stage.events.length = 0;
    stage.setApp('default/a', false);
    await stage.advance(100);
    expect(told()).toEqual(['Normal NoAppWithSameName: Conflicted is no longer the case']);
  });

  test('are what events.k8s.io/v1 asks for', async () => {
    stage.put('a', { referenceFindings: [{ ...secretNotFound, message: 'ü'.repeat(2_000) }] });
    await stage.lead();
    const event = stage.events.find(({ reason }) => reason === 'SecretNotFound');
    expect(event).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: 'default', name: expect.stringMatching(/^a\.[0-9a-f]{16}$/) as string },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'farpoint.dev/operator',
      reportingInstance: 'operator-1',
      action: 'SetCondition',
      regarding: { kind: 'HTTPEndpoint', namespace: 'default', name: 'a', uid: 'uid-default-a' },
    });
    expect(Buffer.byteLength(String(event?.['note']))).toBeLessThanOrEqual(1_024);
    expect(event?.['note']).toMatch(/ü…$/);
  });

  test('are tried again, under the same name', async () => {
    const names: unknown[] = [];
    stage.onCreate = ({ metadata }) => {
      names.push(metadata.name);
      if (names.length < 3) throw linkError(0);
    };
    stage.put('a');
    await stage.lead();
    await stage.advance(5_000);
    expect(new Set(names.slice(0, 3)).size).toBe(1);
    expect(stage.events).toHaveLength(3);
  });

  test('that the API server does not take are left out, and said once', async () => {
    stage.onCreate = () => {
      throw linkError(403);
    };
    stage.put('a');
    await stage.lead();
    await stage.advance(5_000);
    expect(stage.events).toEqual([]);
    expect(stage.shown('a')).toContain('Accepted=True');
    expect(stage.lines.map(({ message }) => message)).toEqual(['an event could not be written']);
  });

  test('are limited in rate and number', async () => {
    stage.resourceNames.delete('httpendpoints/status');
    await stage.lead();
    for (let index = 0; index < 1_000; index += 1) stage.put(`e${index}`, { referenceFindings: [secretNotFound] });
    await stage.advance(1_000);
    expect(stage.events.length).toBeLessThanOrEqual(60);
    await stage.advance(200_000);
    expect(stage.events.length).toBeLessThanOrEqual(1_100);
    expect(stage.lines.map(({ message }) => message)).toContain('too many events wait; the oldest is dropped');
  });
});

describe("with Dapr's own CRD, which has no status", () => {
  beforeEach(() => stage.resourceNames.delete('httpendpoints/status'));

  test('conditions are told by Events alone, and it says so once', async () => {
    await stage.lead();
    stage.clock.advance(1_000);
    stage.put('a', { referenceFindings: [secretNotFound] });
    await stage.advance(300);
    stage.put('a', { generation: 2, referenceFindings: [secretNotFound] });
    await stage.advance(300);
    stage.put('a', { generation: 3 });
    await stage.advance(300);
    expect(stage.applied).toEqual([]);
    expect(told()).toEqual([
      'Normal Accepted: Accepted is True: the resource is valid',
      'Warning SecretNotFound: ResolvedRefs is False: secret default/s is not there',
      'Warning Refused: Programmed is False: 0 of 0 proxies have this generation; calls are refused',
      'Normal ResolvedRefs: ResolvedRefs is True: everything that it refers to was found',
      'Normal NoProxies: Programmed is False: 0 of 0 proxies have this generation: none that may use it is connected',
    ]);
    expect(stage.metrics).toEqual(['supported false']);
    expect(stage.lines.map(({ message }) => message)).toEqual([
      'the HTTPEndpoint that is installed keeps no status: conditions are Events only',
    ]);
  });

  test('other words under the same reason are news, other counts of proxies are not', async () => {
    await stage.lead();
    stage.clock.advance(1_000);
    stage.put('a', { referenceFindings: [secretNotFound] });
    await stage.advance(300);
    stage.events.length = 0;
    stage.put('a', {
      generation: 2,
      referenceFindings: [{ ...secretNotFound, message: 'secret default/t is not there' }],
    });
    stage.count('a', 0, 3);
    await stage.advance(20_000);
    expect(told()).toEqual(['Warning SecretNotFound: ResolvedRefs is False: secret default/t is not there']);
    stage.put('b');
    stage.count('b', 1, 1);
    await stage.advance(300);
    stage.events.length = 0;
    stage.count('b', 7, 7);
    await stage.advance(20_000);
    expect(told()).toEqual([]);
  });

  test('a new leader does not repeat that everything is well', async () => {
    stage.put('a');
    stage.put('b', { referenceFindings: [secretNotFound] });
    stage.clock.advance(1_000);
    for (const [key, object] of stage.objectsByKey) {
      const metadata = { ...object.metadata, creationTimestamp: '2026-01-01T00:00:00Z' };
      stage.objectsByKey.set(key, { ...object, metadata });
    }
    await stage.lead();
    expect(told()).toEqual([
      'Warning SecretNotFound: ResolvedRefs is False: secret default/s is not there',
      'Warning Refused: Programmed is False: 0 of 0 proxies have this generation; calls are refused',
    ]);
  });

  test('status is written as soon as there is one', async () => {
    stage.put('a');
    await stage.lead();
    expect(stage.applied).toEqual([]);
    stage.resourceNames.add('httpendpoints/status');
    await stage.advance(61_000);
    expect(stage.shown('a')).toContain('Accepted=True');
    expect(stage.metrics).toContain('supported true');
  });

  test('a status that is lost while it runs is noticed', async () => {
    stage.resourceNames.add('httpendpoints/status');
    stage.put('a');
    await stage.lead();
    stage.resourceNames.delete('httpendpoints/status');
    stage.onApply = () => {
      throw linkError(404);
    };
    stage.put('b');
    await stage.advance(500);
    expect(stage.metrics).toContain('supported false');
    stage.applied.length = 0;
    stage.put('c');
    await stage.advance(30_000);
    expect(stage.applied).toEqual([]);
  });
});
