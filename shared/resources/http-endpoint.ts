/** HTTPEndpoint as written (spec/httpendpoint.md §1): defaults filled in, nothing resolved. */
import type { Subject } from '../errors/problem.ts';

export interface SecretKeyRef {
  readonly name: string;
  /** Defaults to the secret's name. */
  readonly key: string;
}

/** Where a value comes from. More than one may be given; compile decides which wins. */
export interface ValueSource {
  readonly value: string | null;
  readonly envRef: string | null;
  readonly secretKeyRef: SecretKeyRef | null;
}

export interface HttpEndpoint {
  readonly subject: Subject;
  readonly name: string;
  /** `''` when the manifest names none. */
  readonly namespace: string;
  readonly baseUrl: string;
  readonly headers: readonly { readonly name: string; readonly source: ValueSource }[];
  readonly clientTls: {
    readonly rootCa: ValueSource | null;
    readonly certificate: ValueSource | null;
    readonly privateKey: ValueSource | null;
    readonly renegotiation: 'Never' | 'OnceAsClient' | 'FreelyAsClient';
  } | null;
  /** `auth.secretStore`, `''` when not given. */
  readonly secretStore: string;
  /** App ids; empty means every app of the namespace. */
  readonly scopes: readonly string[];
}
