import { describe, expect, test } from 'vitest';
import type { Finding } from '#shared/compile/finding.ts';
import { conditionsFor, proxiesFor } from '../../../../operator/status/conditions-for.ts';
import type { EndpointReport } from '../../../../operator/status/endpoint-report.ts';
import { endpointReport } from '../../../support/endpoint-report.ts';

const ready = { entitled: 3, programmed: 3 };

function finding(reason: string, severity: Finding['severity'], message = `${reason} it is`): Finding {
  return { reason, severity, message, origin: 'spec' };
}

/** `Type=Status Reason: message`, one a line. */
function lines(
  report: Partial<EndpointReport>,
  { count = ready, isAppId = false }: { readonly count?: typeof ready; readonly isAppId?: boolean } = {},
): readonly string[] {
  return conditionsFor({ report: endpointReport('a', report), count, isAppId }).map(
    ({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`,
  );
}

describe('the conditions of an endpoint', () => {
  test('are all True when every proxy has it', () => {
    expect(lines({})).toEqual([
      'Accepted=True Accepted: the resource is valid',
      'ResolvedRefs=True ResolvedRefs: everything that it refers to was found',
      'Programmed=True Programmed: 3 of 3 proxies have this generation',
    ]);
  });

  test('say how many proxies are still without it', () => {
    expect(lines({}, { count: { entitled: 3, programmed: 1 } })).toContain(
      'Programmed=False Pending: 1 of 3 proxies have this generation',
    );
    expect(lines({}, { count: { entitled: 1, programmed: 0 } })).toContain(
      'Programmed=False Pending: 0 of 1 proxy has this generation',
    );
  });

  test('say that no proxy is there', () => {
    expect(lines({}, { count: { entitled: 0, programmed: 0 } })).toContain(
      'Programmed=False NoProxies: 0 of 0 proxies have this generation: none that may use it is connected',
    );
  });

  test('are not accepted for the first mistake in the resource, with the messages of all', () => {
    const specFindings = [finding('Doubt', 'warning'), finding('InvalidBaseUrl', 'error'), finding('Other', 'error')];
    expect(lines({ specFindings })).toEqual([
      'Accepted=False InvalidBaseUrl: InvalidBaseUrl it is; Other it is',
      'ResolvedRefs=Unknown NotAccepted: references are not followed while the resource is not accepted',
      'Programmed=False Refused: 3 of 3 proxies have this generation; calls are refused',
    ]);
  });

  test('are accepted with warnings for what is doubtful and works', () => {
    const specFindings = [finding('CredentialsInBaseUrl', 'warning')];
    const referenceFindings = [finding('ValueIgnored', 'warning')];
    expect(lines({ specFindings, referenceFindings })).toEqual([
      'Accepted=True AcceptedWithWarnings: CredentialsInBaseUrl it is',
      'ResolvedRefs=True ResolvedWithWarnings: ValueIgnored it is',
      'Programmed=True Programmed: 3 of 3 proxies have this generation',
    ]);
  });

  test('are refused for a reference that leads nowhere', () => {
    expect(lines({ referenceFindings: [finding('SecretNotFound', 'error')] })).toEqual([
      'Accepted=True Accepted: the resource is valid',
      'ResolvedRefs=False SecretNotFound: SecretNotFound it is',
      'Programmed=False Refused: 3 of 3 proxies have this generation; calls are refused',
    ]);
  });

  test('stay programmed with the last good value', () => {
    const referenceFindings = [finding('SecretNotFound', 'error', 'gone; the last good value stays in use')];
    expect(lines({ referenceFindings, usesLastGood: true })).toEqual([
      'Accepted=True Accepted: the resource is valid',
      'ResolvedRefs=False SecretNotFound: gone; the last good value stays in use',
      'Programmed=True Programmed: 3 of 3 proxies have this generation',
    ]);
  });

  test('are unknown until it is compiled', () => {
    expect(lines({ revision: '', referenceFindings: [finding('SecretPending', 'warning')] })).toEqual([
      'Accepted=Unknown Pending: it is not compiled yet',
      'ResolvedRefs=Unknown SecretPending: SecretPending it is',
      'Programmed=Unknown Pending: it is not compiled yet',
    ]);
  });

  test('tell an app of the same name, and say nothing of it otherwise', () => {
    expect(lines({}, { isAppId: true })).toContain(
      'Conflicted=True AppWithSameName: pods of this namespace have the app id a too; ' +
        'calls of that name go to this endpoint, not to the app',
    );
    expect(lines({}).join()).not.toContain('Conflicted');
  });

  test('have messages of bounded length, which say how much is left out', () => {
    const specFindings = Array.from({ length: 500 }, (_, index) => finding('X', 'error', `mistake ${index}`));
    const [accepted = ''] = lines({ specFindings });
    expect(accepted.length).toBeLessThan(2_100);
    expect(accepted).toMatch(/mistake 0; mistake 1; .*; and \d+ more$/);
    const [one = ''] = lines({ specFindings: [finding('X', 'error', 'x'.repeat(100_000))] });
    expect(one.length).toBeLessThan(2_100);
  });
});

test('the column PROXIES shows both counts', () => {
  expect(proxiesFor({ entitled: 3, programmed: 2 })).toBe('2/3');
});
