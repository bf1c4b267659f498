import { describe, expect, test } from 'vitest';
import type { ApiAccess, ApiAccessRule } from '#shared/table/endpoint-table.ts';
import type { ApiName } from '../../../proxy/api/match-api.ts';
import { isApiAllowed } from '../../../proxy/policy/api-access.ts';

const apis: readonly ApiName[] = ['healthz', 'healthz-outbound', 'invoke', 'metadata-get', 'metadata-put', 'shutdown'];

function allowedApis(access: Partial<ApiAccess>): ApiName[] {
  return apis.filter((api) => isApiAllowed(api, { allowed: [], denied: [], ...access }));
}

function rule(version: string, name: string): ApiAccessRule {
  return { version, name };
}

describe('spec.api', () => {
  test('allows everything when it says nothing', () => {
    expect(allowedApis({})).toEqual(apis);
  });

  test('takes away what is denied, and never health', () => {
    expect(allowedApis({ denied: [rule('v1', 'invoke'), rule('v1', 'shutdown')] })).toEqual([
      'healthz',
      'healthz-outbound',
      'metadata-get',
      'metadata-put',
    ]);
    expect(allowedApis({ denied: [rule('v1', 'healthz'), rule('v1', 'metadata')] })).toEqual([
      'healthz',
      'healthz-outbound',
      'invoke',
      'shutdown',
    ]);
  });

  test('with a list of allowed ones leaves out the rest, and never health', () => {
    expect(allowedApis({ allowed: [rule('v1', 'invoke')] })).toEqual(['healthz', 'healthz-outbound', 'invoke']);
    expect(allowedApis({ allowed: [rule('v1', 'state')] })).toEqual(['healthz', 'healthz-outbound']);
  });

  test('lets a denial win over a permission', () => {
    const both = { allowed: [rule('v1', 'invoke')], denied: [rule('v1', 'invoke')] };
    expect(allowedApis(both)).toEqual(['healthz', 'healthz-outbound']);
  });

  test('knows the older form, a prefix of the route', () => {
    expect(allowedApis({ allowed: [rule('v1.0', 'invoke')] })).toContain('invoke');
    expect(allowedApis({ allowed: [rule('v1.0', 'i')] })).toEqual(['healthz', 'healthz-outbound', 'invoke']);
    expect(allowedApis({ denied: [rule('v1.0', 'metadata')] })).toEqual([
      'healthz',
      'healthz-outbound',
      'invoke',
      'shutdown',
    ]);
    expect(allowedApis({ allowed: [rule('v1.0', 'invoker')] })).not.toContain('invoke');
  });

  test('does not take another version for the same', () => {
    expect(allowedApis({ denied: [rule('v1alpha1', 'invoke'), rule('v2', 'invoke')] })).toContain('invoke');
  });
});
