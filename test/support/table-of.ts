/** Manifests -> the table that an operator would make of them: without any proxy's environment. */
import { compile } from '#shared/compile/compile.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { snapshotOf } from './snapshot-of.ts';
import { documents } from './tls-manifests.ts';

/** The table for app `orders`. */
export function tableOf(...manifests: readonly string[]): EndpointTable {
  return compile({ ...snapshotOf(documents(...manifests)), env: null }, { appId: 'orders', namespace: '' }).table;
}
