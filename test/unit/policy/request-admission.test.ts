import { expect, test } from 'vitest';
import { RequestAdmission } from '../../../proxy/policy/request-admission.ts';

test('one request too many is refused, and there is room again when one leaves', () => {
  const admission = new RequestAdmission(2);
  admission.enter();
  admission.enter();
  expect(() => admission.enter()).toThrow(expect.objectContaining({ code: 'overloaded' }));
  admission.leave();
  expect(() => admission.enter()).not.toThrow();
});

test('idle waits for the last request', async () => {
  const admission = new RequestAdmission(5);
  await admission.idle();
  admission.enter();
  admission.enter();
  let isIdle = false;
  const idle = admission.idle().then(() => {
    isIdle = true;
  });
  admission.leave();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isIdle).toBe(false);
  admission.leave();
  await idle;
  expect(isIdle).toBe(true);
});
