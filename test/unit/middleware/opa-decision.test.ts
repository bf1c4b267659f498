import { expect, test } from 'vitest';
import { opaDecision } from '../../../proxy/middleware/opa/opa-decision.ts';

test.each([
  [true, { isAllowed: true, status: null, headers: [] }],
  [false, { isAllowed: false, status: null, headers: [] }],
  [{}, { isAllowed: false, status: null, headers: [] }],
  [
    { allow: true, additional_headers: { 'X-User': 'Ä' } },
    { isAllowed: true, status: null, headers: [['X-User', 'Ã\u0084']] },
  ],
  [
    { status_code: 301, additional_headers: { location: 'https://login.example' }, reason: 'unknown' },
    { isAllowed: false, status: 301, headers: [['location', 'https://login.example']] },
  ],
])('%j is a decision', (result, decision) => {
  expect(opaDecision(result)).toEqual(decision);
});

test.each([
  [undefined, 'undefined'],
  [null, 'neither a boolean nor an object'],
  [1, 'neither a boolean nor an object'],
  [['allow'], 'neither a boolean nor an object'],
  [{ allow: 'true' }, 'allow'],
  [{ allow: true, additional_headers: ['x'] }, 'additional_headers'],
  [{ allow: true, additional_headers: { 'X-User': 7 } }, 'no text'],
  [{ allow: true, additional_headers: { 'X User': 'a' } }, 'no header'],
  [{ allow: true, additional_headers: { 'X-User': 'a\r\nX-Admin: 1' } }, 'no header'],
  [{ allow: true, additional_headers: { 'Transfer-Encoding': 'chunked' } }, 'by itself'],
  [{ allow: true, additional_headers: { 'content-length': '0' } }, 'by itself'],
  [{ status_code: 101 }, 'status_code'],
  [{ status_code: 600 }, 'status_code'],
  [{ status_code: '403' }, 'status_code'],
  [{ status_code: 403.5 }, 'status_code'],
])('%j is none', (result, message) => {
  expect(() => opaDecision(result)).toThrow(message);
});
