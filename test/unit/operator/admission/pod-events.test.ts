/** Events about Pods that have no name yet: about whom, how long, how often. */
import { describe, expect, test } from 'vitest';
import { podEvent, type PodEvent } from '../../../../operator/admission/pod-event.ts';
import { PodEvents } from '../../../../operator/admission/pod-events.ts';
import type { NewObject } from '../../../../operator/kube/kube-client.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'orders', uid: 'uid-rs', controller: true };
const origin = { instance: 'replica-a', nowMs: 1_800_000_000_000 };

function happened(metadata: object, more: Partial<PodEvent> = {}): PodEvent {
  return { pod: { metadata }, namespace: 'shop', reason: 'PodRefused', note: 'it is refused', ...more };
}

describe('an Event', () => {
  test('is about the controller', () => {
    const references = [{ ...owner, kind: 'Other', controller: false }, owner];
    const event = podEvent(happened({ name: 'orders-1', ownerReferences: references }), origin);
    expect(event).toMatchObject({
      metadata: { namespace: 'shop', name: expect.stringMatching(/^orders\.[0-9a-f]{16}$/) as string },
      regarding: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'orders', uid: 'uid-rs', namespace: 'shop' },
      reason: 'PodRefused',
      note: 'it is refused',
      type: 'Warning',
    });
  });

  test('is about the Pod when that has a name of its own, and otherwise there is none', () => {
    expect(podEvent(happened({ name: 'alone' }), origin)?.['regarding']).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      name: 'alone',
      namespace: 'shop',
    });
    expect(podEvent(happened({ generateName: 'alone-' }), origin)).toBeNull();
    expect(podEvent(happened({ name: 'alone' }, { namespace: '' }), origin)).toBeNull();
  });

  test.each([
    ['no list', { ownerReferences: 'x' }],
    ['nothing that is an owner', { ownerReferences: [null, 1, [], { controller: true }] }],
    ['names that are none', { ownerReferences: [{ ...owner, name: {} }], name: 7 }],
    ['names without end', { ownerReferences: [{ ...owner, name: 'x'.repeat(254) }], name: 'y'.repeat(254) }],
  ])('needs owners that are some: %s', (_, metadata) => {
    expect(podEvent(happened(metadata), origin)).toBeNull();
  });

  test('fits into what the API server takes, whatever the note holds', () => {
    const event = podEvent(happened({ name: 'a' }, { note: '\u{1f600}'.repeat(10_000) }), origin);
    expect(Buffer.byteLength(String(event?.['note']))).toBeLessThanOrEqual(1_024);
    expect(String(event?.['note']).isWellFormed()).toBe(true);
  });

  test('has the same name on every replica for an hour', () => {
    const nameAt = (nowMs: number, instance: string): string | undefined =>
      podEvent(happened({ name: 'a' }), { instance, nowMs })?.metadata.name;
    expect(nameAt(origin.nowMs, 'a')).toBe(nameAt(origin.nowMs + 1, 'b'));
    expect(nameAt(origin.nowMs, 'a')).not.toBe(nameAt(origin.nowMs + 3_600_000, 'a'));
  });
});

test('the same is said once in a while, and another thing at once', () => {
  const clock = new ManualClock();
  const added: NewObject[] = [];
  const events = new PodEvents({ writer: { add: (event) => void added.push(event) }, instance: 'a', clock });
  for (let count = 0; count < 5; count += 1) events.tell(happened({ name: 'a' }));
  expect(added).toHaveLength(1);
  events.tell(happened({ name: 'a' }, { note: 'for another reason' }));
  events.tell(happened({ name: 'b' }));
  expect(added).toHaveLength(3);
  clock.advance(11 * 60_000);
  events.tell(happened({ name: 'a' }));
  expect(added).toHaveLength(4);
});

test('whoever makes up Pods without end makes few Events of them', () => {
  const clock = new ManualClock();
  const added: NewObject[] = [];
  const events = new PodEvents({ writer: { add: (event) => void added.push(event) }, instance: 'a', clock });
  for (let count = 0; count < 1_000; count += 1) events.tell(happened({ name: `a-${count}` }));
  expect(added).toHaveLength(50);
  clock.advance(3_000);
  for (let count = 0; count < 1_000; count += 1) events.tell(happened({ name: `a-${count}` }));
  expect(added).toHaveLength(53);
});
