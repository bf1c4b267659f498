/** One document of a folder -> the resource that it describes, or what is wrong with it. Pure. */
import { defaultNamespace } from '#shared/compile/compile.ts';
import { fingerprint } from '#shared/compile/fingerprint.ts';
import type { Problem, Subject } from '#shared/errors/problem.ts';
import { parseComponent, type Component } from '#shared/resources/component.ts';
import type { HttpEndpoint } from '#shared/resources/http-endpoint.ts';
import { apiVersionOf, kindOf, type Manifest } from '#shared/resources/manifest.ts';
import { parseHttpEndpoint, type InvalidEndpoint } from '#shared/resources/parse-http-endpoint.ts';
import { recordFrom } from '#shared/resources/read-field.ts';
import type { Resiliency } from '#shared/resources/resiliency.ts';
import { parseSecret, type Secret } from '#shared/resources/secret.ts';
import { nearestName } from '#shared/settings/nearest-name.ts';
import { Sensitive } from '#shared/table/sensitive.ts';
import { readDocument } from './read-document.ts';
import type { DocumentText } from './split-documents.ts';

/** A Secret whose values cannot be printed any more. */
export interface StoredSecret {
  readonly subject: Subject;
  /** `namespace/name`. */
  readonly fullName: string;
  readonly valuesByKey: ReadonlyMap<string, Sensitive>;
}

export type Resource =
  | { readonly kind: 'endpoint'; readonly endpoint: HttpEndpoint }
  | { readonly kind: 'invalid-endpoint'; readonly endpoint: InvalidEndpoint }
  | { readonly kind: 'secret'; readonly secret: StoredSecret }
  | { readonly kind: 'component'; readonly component: Component }
  | { readonly kind: 'resiliency'; readonly resiliency: Resiliency }
  /** Becomes one of the others by `readResiliency`, which is loaded only where there is need of it. */
  | { readonly kind: 'unread-resiliency'; readonly manifest: Manifest }
  /** Of a kind that Farpoint does not read. */
  | { readonly kind: 'other'; readonly resourceKind: string; readonly location: string }
  /** Not readable as what it may have been meant to be. */
  | { readonly kind: 'broken'; readonly problem: Problem };

export interface ReadOptions {
  readonly file: string;
  /** Where resources without a namespace belong; `''`: to the default one. */
  readonly namespace: string;
  readonly fingerprintKey: string;
}

/** What Kubernetes could store is smaller still; parsing more at once would hold up every request meanwhile. */
export const maxDocumentBytes = 4 * 1024 * 1024;

/** Reads one document. */
export function readResource(part: DocumentText, options: ReadOptions): Resource {
  const location = `${options.file}:${part.line}`;
  if (part.text.length > maxDocumentBytes) {
    const message = `a document must not be larger than ${maxDocumentBytes / 1024 / 1024} MiB; a file may be`;
    return broken({ location, reason: 'DocumentTooLarge', message });
  }
  const result = readDocument(part);
  if (result.mistake !== null) {
    const at = `${options.file}:${result.line}`;
    return broken({ location: at, reason: 'InvalidYaml', message: result.mistake });
  }
  const document = recordFrom(result.document);
  if (document === null || kindOf({ document, location }) === '') {
    const resource = broken({ location, reason: 'NotAResource', message: 'the document has no kind' });
    // It may well be something else that lies in the same folder.
    return { ...resource, problem: { ...resource.problem, severity: 'warning' } };
  }
  return resourceFrom({ document, location }, options);
}

function resourceFrom(manifest: Manifest, options: ReadOptions): Resource {
  const kind = kindOf(manifest);
  // Of this one Dapr looks at the kind alone (spec/resiliency.md §2).
  if (kind === 'Resiliency') return { kind: 'unread-resiliency', manifest };
  switch (`${apiVersionOf(manifest)} ${kind}`) {
    case 'dapr.io/v1alpha1 HTTPEndpoint': {
      const parsed = parseHttpEndpoint(manifest);
      if (parsed.state === 'nameless') return { kind: 'broken', problem: parsed.problem };
      return parsed.state === 'valid'
        ? { kind: 'endpoint', endpoint: parsed.endpoint }
        : { kind: 'invalid-endpoint', endpoint: parsed.endpoint };
    }
    case 'dapr.io/v1alpha1 Component': {
      const { component, problem } = parseComponent(manifest);
      return component === null ? { kind: 'broken', problem } : { kind: 'component', component };
    }
    case 'v1 Secret': {
      const { secret, problem } = parseSecret(manifest);
      return secret === null ? { kind: 'broken', problem } : { kind: 'secret', secret: storedSecret(secret, options) };
    }
    default:
      return otherResource(manifest);
  }
}

const versionsByKind: Readonly<Record<string, string>> = {
  HTTPEndpoint: 'dapr.io/v1alpha1',
  Component: 'dapr.io/v1alpha1',
  Resiliency: 'dapr.io/v1alpha1',
  Secret: 'v1',
};

/** A kind of ours in a version that is not: its owner expects it to be read. */
function otherResource(manifest: Manifest): Resource {
  const kind = kindOf(manifest);
  const version = apiVersionOf(manifest);
  const { location } = manifest;
  const expected = versionsByKind[kind];
  if (expected === undefined) {
    const meant = version.startsWith('dapr.io/') ? meantKind(kind) : null;
    if (meant === null) return { kind: 'other', resourceKind: `${version} ${kind}`, location };
    return broken({ location, reason: 'UnknownKind', message: `there is no kind ${kind}; is ${meant} meant?`, kind });
  }
  const message = `${kind} must have apiVersion ${expected}${version === '' ? '' : `, not ${version}`}`;
  return broken({ location, reason: 'UnknownVersion', message, kind });
}

/** Two letters may be wrong, or any in another case. No kind of Dapr's is as near as this to one that is read. */
function meantKind(kind: string): string | null {
  if (kind.length > 32) return null;
  const kinds = Object.keys(versionsByKind);
  const lowerCased = kinds.map((known) => known.toLowerCase());
  const nearest = nearestName(kind.toLowerCase(), lowerCased, 2);
  return nearest === null ? null : (kinds[lowerCased.indexOf(nearest)] ?? null);
}

function storedSecret({ subject, name, namespace, bytesByKey }: Secret, options: ReadOptions): StoredSecret {
  const fullName = `${namespace || options.namespace || defaultNamespace}/${name}`;
  const values = [...bytesByKey].map(([key, value]) => {
    const ref = `secret ${fullName}/${key}`;
    const version = fingerprint(options.fingerprintKey, { ref, value });
    return [key, new Sensitive(value, { ref, version })] as const;
  });
  return { subject, fullName, valuesByKey: new Map(values) };
}

function broken(fault: {
  readonly location: string;
  readonly reason: string;
  readonly message: string;
  readonly kind?: string;
}): Extract<Resource, { readonly kind: 'broken' }> {
  const { location, reason, message, kind = '' } = fault;
  const subject = { kind, namespace: '', name: '', location };
  return { kind: 'broken', problem: { subject, reason, message, severity: 'error' } };
}
