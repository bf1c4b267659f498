/** Tokens that look like those of ServiceAccounts, signed by nobody. */

export interface FakeTokenOptions {
  readonly audiences?: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
  readonly namespace?: string;
  readonly serviceAccount?: string;
  /** Null: not bound to a Pod. */
  readonly pod?: { readonly name: string; readonly uid: string } | null;
  /** Makes tokens different that are equal otherwise. */
  readonly salt?: string;
}

/** Three parts in base64url. */
export function fakeToken(options: FakeTokenOptions): string {
  const { namespace = 'shop', serviceAccount = 'default', pod = { name: 'orders-0', uid: 'uid-orders' } } = options;
  return jwtOf({
    aud: options.audiences ?? ['farpoint-operator'],
    exp: Math.floor(options.expiresAtMs / 1000),
    sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
    jti: options.salt ?? '',
    'kubernetes.io': { namespace, ...(pod === null ? {} : { pod }) },
  });
}

/** A token with any claims. */
export function jwtOf(claims: unknown): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', kid: 'test' })}.${part(claims)}.${Buffer.from('signature').toString('base64url')}`;
}
