/** One HTTPEndpoint in the tables: what it was compiled to, for whom it is, and what is to be said about it. */
import type { CompiledEndpoint } from '#shared/compile/compile-endpoint.ts';
import type { Endpoint } from '#shared/table/endpoint-table.ts';
import type { EndpointReport } from '../status/endpoint-report.ts';
import type { SecretUse } from './secret-uses.ts';

/** Immutable: a change makes another entry. */
export interface EndpointEntry {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Of the resource that `endpoint` follows from. */
  readonly uid: string;
  readonly generation: number;
  /** `null`: nothing could be compiled. */
  readonly compiled: CompiledEndpoint | null;
  /** What proxies get. `null`: nothing yet, or never. */
  readonly endpoint: Endpoint | null;
  /** App ids, each once; empty: every app of the namespace. */
  readonly scopes: readonly string[];
  readonly storeName: string;
  readonly secretUses: readonly SecretUse[];
  /** Secrets whose change concerns it, as `namespace/name`. */
  readonly secretKeys: readonly string[];
  readonly report: EndpointReport;
}

/** Whether no proxy can tell the difference. */
export function isSameToProxies(a: EndpointEntry | null, b: EndpointEntry | null): boolean {
  const revision = a?.endpoint?.revision;
  if (revision !== b?.endpoint?.revision) return false;
  if (a === b || a === null || b === null || revision === undefined) return true;
  return (
    isSameList(a.scopes, b.scopes) &&
    // What a Configuration denies depends on these.
    a.storeName === b.storeName &&
    isSameList(a.secretUses.map(useText), b.secretUses.map(useText))
  );
}

function useText({ field, secretName }: SecretUse): string {
  return `${field}\0${secretName}`;
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
}
