/** Answers that are errors: what can be tried again, when, and what the message may say. */
import { expect, test } from 'vitest';
import { answerError, type RefusedAnswer } from '../../../../operator/kube/answer-error.ts';

function errorOf(answer: Partial<RefusedAnswer>): ReturnType<typeof answerError> {
  return answerError({
    request: 'GET secrets shop/db',
    status: 500,
    retryAfter: '',
    body: '',
    hasBody: false,
    epochMs: Date.parse('2026-01-01T00:00:00Z'),
    ...answer,
  });
}

test.each([
  [400, 'fatal'],
  [401, 'transient'],
  [403, 'fatal'],
  [404, 'fatal'],
  [405, 'fatal'],
  [408, 'transient'],
  [409, 'transient'],
  [410, 'transient'],
  [413, 'fatal'],
  [415, 'fatal'],
  [422, 'fatal'],
  [429, 'transient'],
  [500, 'transient'],
  [503, 'transient'],
  [504, 'transient'],
] as const)('%i is %s', (status, kind) => {
  expect(errorOf({ status })).toMatchObject({ status, kind });
});

test.each([
  ['3', 3000],
  ['0', 0],
  ['-5', 0],
  ['Thu, 01 Jan 2026 00:00:07 GMT', 7000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['soon', 0],
  ['99999999', 300_000],
])('Retry-After %s is %i ms', (retryAfter, retryAfterMs) => {
  expect(errorOf({ status: 429, retryAfter })).toMatchObject({ retryAfterMs });
});

test('without the header the Status may say when', () => {
  expect(errorOf({ body: '{"details":{"retryAfterSeconds":2}}' })).toMatchObject({ retryAfterMs: 2000 });
});

test('what the API server says about a request without a body is in the message', () => {
  const body = JSON.stringify({ reason: 'Forbidden', message: 'secrets "db" is forbidden: User "x" cannot get' });
  expect(errorOf({ status: 403, body }).message).toBe(
    'GET secrets shop/db: the API server answers 403 (Forbidden: secrets "db" is forbidden: User "x" cannot get)',
  );
});

test('what it says about something that we sent may quote it, so only the names of fields are', () => {
  const body = JSON.stringify({
    reason: 'Invalid',
    message: 'Invalid value: "hunter2"',
    details: {
      causes: [{ reason: 'FieldValueInvalid', message: 'Invalid value: "hunter2"', field: 'stringData.key' }],
    },
  });
  const { message } = errorOf({ request: 'POST secrets shop', status: 422, body, hasBody: true });
  expect(message).toBe('POST secrets shop: the API server answers 422 (Invalid: FieldValueInvalid at stringData.key)');
});

test.each(['', 'not json', '<html>secret page</html>', '[]', '"text"'])(
  'a body that is no Status is not shown: %s',
  (body) => {
    expect(errorOf({ status: 502, body }).message).toBe('GET secrets shop/db: the API server answers 502');
  },
);

test('a message is one line and bounded', () => {
  const body = JSON.stringify({ message: `a\nb\u001b[31m${'x'.repeat(10_000)}` });
  const { message } = errorOf({ body });
  expect(message).toContain('a b [31mxx');
  expect(message.length).toBeLessThan(400);
});
