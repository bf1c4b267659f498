import { describe, expect, test } from 'vitest';
import { ProxyError, type ProxyErrorCode } from '#shared/errors/proxy-error.ts';
import { TryVerdict } from '../../../proxy/resilience/try-verdict.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Stage {
  readonly verdict: TryVerdict;
  readonly told: string[];
  readonly clock: ManualClock;
}

function stage({ isProbe } = { isProbe: false }): Stage {
  const told: string[] = [];
  const clock = new ManualClock();
  const admission = {
    isProbe,
    succeeded: () => void told.push('succeeded'),
    failed: () => void told.push('failed'),
    ignored: () => void told.push('ignored'),
  };
  return { verdict: new TryVerdict(admission, clock), told, clock };
}

const failure = (code: ProxyErrorCode): ProxyError => new ProxyError(code, 'x');

describe('a try', () => {
  test.each([200, 101, 302, 404, 401, 499])('that %d answers succeeds when the answer has ended', (status) => {
    const { verdict, told } = stage();
    verdict.answered(status);
    expect(told).toEqual([]);
    verdict.ended({ status, error: null });
    expect(told).toEqual(['succeeded']);
  });

  test.each([429, 500, 503, 599])('that %d answers fails at once, whatever follows', (status) => {
    const { verdict, told, clock } = stage();
    verdict.answered(status);
    expect(told).toEqual(['failed']);
    verdict.ended({ status, error: null });
    clock.advance(10_000);
    expect(told).toEqual(['failed']);
  });

  test('whose answer flows for a second has succeeded, even if it breaks later', () => {
    const { verdict, told, clock } = stage();
    verdict.answered(200);
    clock.advance(1_000);
    verdict.ended({ status: 200, error: failure('upstream-reset') });
    expect(told).toEqual(['succeeded']);
  });

  test('which is a probe has succeeded as soon as its answer has flowed for a second', () => {
    const { verdict, told, clock } = stage({ isProbe: true });
    verdict.answered(200);
    clock.advance(1_000);
    expect(told).toEqual(['succeeded']);
    verdict.ended({ status: 200, error: failure('upstream-reset') });
    expect(told).toEqual(['succeeded']);
  });

  test.each([false, true])('whose answer breaks before that has failed; a probe: %j', (isProbe) => {
    const { verdict, told, clock } = stage({ isProbe });
    verdict.answered(200);
    verdict.ended({ status: 200, error: failure('upstream-reset') });
    clock.advance(10_000);
    expect(told).toEqual(['failed']);
  });

  test.each([
    ['upstream-connect', 'failed'],
    ['upstream-tls', 'failed'],
    ['upstream-protocol', 'failed'],
    ['upstream-headers-too-large', 'failed'],
    ['upstream-reset', 'failed'],
    ['upstream-timeout', 'failed'],
    ['caller-left', 'ignored'],
    ['body-too-large', 'ignored'],
    ['body-timeout', 'ignored'],
    ['bad-request', 'ignored'],
    ['loop-detected', 'ignored'],
    ['internal', 'ignored'],
  ] as const)('that ends in %s without an answer is %s', (code, expected) => {
    const { verdict, told } = stage();
    verdict.ended({ status: 0, error: failure(code) });
    expect(told).toEqual([expected]);
  });

  test('whose caller leaves inside the answer has succeeded', () => {
    const { verdict, told } = stage();
    verdict.answered(200);
    verdict.ended({ status: 200, error: failure('caller-left') });
    expect(told).toEqual(['succeeded']);
  });
});
