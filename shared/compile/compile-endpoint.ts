/** One HTTPEndpoint: what it says, what its references lead to, and the entry that follows from both. Pure. */
import type { HttpEndpoint, ValueSource } from '../resources/http-endpoint.ts';
import { parseBaseUrl } from '../table/base-url.ts';
import type { BaseUrl, ClientTls, Endpoint, HeaderField, ReadyEndpoint } from '../table/endpoint-table.ts';
import { Sensitive } from '../table/sensitive.ts';
import { chooseHeaders, compileHeaders, type ChosenHeader } from './compile-headers.ts';
import { compileTls, type CheckedPem, type TlsLookups } from './compile-tls.ts';
import type { Finding, Note } from './finding.ts';
import { digestOf, fingerprint } from './fingerprint.ts';
import { isSameLookup, lookUpValue, type Lookup, type LookupPlace } from './look-up-value.ts';

/** An endpoint's references and what they led to: with the resource itself, everything that its entry depends on. */
export interface EndpointInputs {
  readonly headers: readonly ChosenHeader[];
  readonly headerLookups: readonly Lookup[];
  readonly tlsLookups: TlsLookups;
  readonly findings: readonly Finding[];
}

/** Of all values of an endpoint together. Escaped for the wire they still fit into one message (shared/push). */
const maxValuesLength = 2 * 1024 * 1024;
const maxErrorsSaid = 20;
const maxMessageLength = 8_192;

export interface CompiledEndpoint {
  readonly resource: HttpEndpoint;
  readonly inputs: EndpointInputs;
  readonly endpoint: Endpoint;
  readonly findings: readonly Finding[];
}

/** Follows every reference of an endpoint. Cheap: nothing is parsed. */
export function gatherInputs(endpoint: HttpEndpoint, place: LookupPlace): EndpointInputs {
  const findings: Finding[] = [];
  const headers = chooseHeaders(endpoint, (finding) => findings.push(finding));
  const lookUp = (source: ValueSource): Lookup => lookUpValue(source, place);
  const document = (source: ValueSource | null | undefined): Lookup | null => (source ? lookUp(source) : null);
  const { clientTls } = endpoint;
  return {
    headers,
    headerLookups: headers.map(({ source }) => lookUp(source)),
    tlsLookups: {
      rootCa: document(clientTls?.rootCa),
      certificate: document(clientTls?.certificate),
      privateKey: document(clientTls?.privateKey),
    },
    findings,
  };
}

/**
 * Whether what was compiled still holds: the resource has the same parts and its references lead to the same values. The
 * parts are compared as objects; where a resource stands does not matter.
 */
export function canTakeOver(
  { resource, inputs }: CompiledEndpoint,
  now: HttpEndpoint,
  inputsNow: EndpointInputs,
): boolean {
  const isSameResource =
    resource.baseUrl === now.baseUrl && resource.headers === now.headers && resource.clientTls === now.clientTls;
  return isSameResource && isSameList(lookupsOf(inputs), lookupsOf(inputsNow));
}

/** Makes the entry. Any error refuses the endpoint: it is never called with less than its manifest asks for. */
export function compileEndpoint(
  resource: HttpEndpoint,
  inputs: EndpointInputs,
  { fingerprintKey, checkedPem }: { readonly fingerprintKey: string; readonly checkedPem: CheckedPem },
): CompiledEndpoint {
  const { name } = resource;
  const findings: Finding[] = [...inputs.findings];
  const note: Note = (finding) => findings.push(finding);
  const baseUrl = compileBaseUrl(resource.baseUrl, { fingerprintKey, note });
  const { headers, environmentHeaders } = compileHeaders(inputs.headers, inputs.headerLookups, {
    fingerprintKey,
    note,
  });
  const isHttps = baseUrl?.origin.startsWith('https:') ?? true;
  const tls = compileTls(resource.clientTls, inputs.tlsLookups, { isHttps, fingerprintKey, note, checkedPem });
  checkLength(headers, tls, note);
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (baseUrl === null || first !== undefined) {
    const refused = refusedEndpoint(name, first?.reason ?? 'InvalidBaseUrl', refusalMessage(errors));
    return { resource, inputs, endpoint: refused, findings };
  }
  const content = { name, baseUrl, headers, environmentHeaders, tls };
  const endpoint: Endpoint = { state: 'ready', revision: digestOf(canonicalForm(content)), ...content };
  return { resource, inputs, endpoint, findings };
}

/** Each Secret may hold a megabyte and be taken many times over; every proxy would have to hold the product. */
function checkLength(headers: readonly HeaderField[], tls: ClientTls | null, note: Note): void {
  const { rootCa = null, identity = null } = tls ?? {};
  const documents = [rootCa, identity?.certificateChain ?? null, identity?.privateKey ?? null];
  const values = [...headers.map(({ value }) => value), ...documents];
  const length = values.reduce((sum, value) => sum + (value?.reveal().length ?? 0), 0);
  if (length <= maxValuesLength) return;
  const message = `its headers and TLS documents hold ${length} bytes; ${maxValuesLength} are allowed`;
  note({ reason: 'EndpointTooLarge', message, severity: 'error', origin: 'reference' });
}

/** All errors as one text, which callers see as the reason of a 503: of very many, the first ones. */
export function refusalMessage(errors: readonly { readonly message: string }[]): string {
  const said = errors.slice(0, maxErrorsSaid).map(({ message }) => message);
  const more = errors.length - said.length;
  const text = said.join('; ') + (more === 0 ? '' : `; and ${more} more`);
  return text.length <= maxMessageLength ? text : `${text.slice(0, maxMessageLength).toWellFormed()} …`;
}

/** The entry of an endpoint that must not be called. */
export function refusedEndpoint(name: string, reason: string, message: string): Endpoint {
  const revision = digestOf(JSON.stringify(['refused', name, reason, message]));
  return { state: 'refused', name, revision, reason, message };
}

function compileBaseUrl(
  text: string,
  { fingerprintKey, note }: { readonly fingerprintKey: string; readonly note: Note },
): BaseUrl | null {
  const { baseUrl, mistake } = parseBaseUrl(text);
  if (baseUrl === null) {
    const message = text === '' ? 'spec.baseUrl is missing' : `spec.baseUrl is not usable: ${mistake}`;
    note({ reason: 'InvalidBaseUrl', message, severity: 'error', origin: 'spec' });
    return null;
  }
  const { authorization } = baseUrl;
  if (authorization === null) return baseUrl;
  note({
    reason: 'CredentialsInBaseUrl',
    message:
      'spec.baseUrl holds user information, readable by all who may read the resource; use a header from a secret',
    severity: 'warning',
    origin: 'spec',
  });
  const { ref } = authorization;
  const version = fingerprint(fingerprintKey, { ref, value: authorization.reveal() });
  return { ...baseUrl, authorization: new Sensitive(authorization.reveal(), { ref, version }) };
}

/** Everything about an endpoint in a fixed order, each secret by reference and version. */
function canonicalForm(endpoint: Omit<ReadyEndpoint, 'state' | 'revision'>): string {
  const { name, baseUrl, headers, environmentHeaders, tls } = endpoint;
  return JSON.stringify([
    'ready',
    name,
    [baseUrl.origin, baseUrl.path, baseUrl.query, standIn(baseUrl.authorization)],
    headers.map((header) => [header.name, standIn(header.value)]),
    environmentHeaders.map((header) => [header.name, header.variable]),
    tls && [standIn(tls.rootCa), standIn(tls.identity?.certificateChain), standIn(tls.identity?.privateKey)],
  ]);
}

function standIn(value: Sensitive | null | undefined): readonly string[] | null {
  return value ? [value.ref, value.version] : null;
}

function lookupsOf({ headerLookups, tlsLookups }: EndpointInputs): readonly (Lookup | null)[] {
  return [...headerLookups, tlsLookups.rootCa, tlsLookups.certificate, tlsLookups.privateKey];
}

function isSameList(a: readonly (Lookup | null)[], b: readonly (Lookup | null)[]): boolean {
  return (
    a.length === b.length &&
    a.every((lookup, index) => {
      const other = b[index] ?? null;
      return lookup === null || other === null ? lookup === other : isSameLookup(lookup, other);
    })
  );
}
