/** The variables that annotations give to the proxy. Their values may be secrets: no sentence repeats one. Pure. */
import type { EnvironmentVariable } from './injection-report.ts';
import type { Annotation, PodAnnotations } from './pod-annotations.ts';

const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const secretPattern = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const keyPattern = /^[-._a-zA-Z0-9]{1,253}$/;
/** A value may hold commas: only what looks like the next name ends it. */
const betweenPairs = /,(?=\s*[A-Za-z_][A-Za-z0-9_]*=)/;

/** The operator says what these are. */
const ownNames: readonly string[] = ['NAMESPACE', 'POD_NAME', 'POD_IP', 'DAPR_ENV_KEYS'];
const apiTokenName = 'DAPR_API_TOKEN';
const tokenKey = 'token';

export interface ProxyEnvironment {
  /** Of the proxy, in order. */
  readonly variables: readonly EnvironmentVariable[];
  /** The token that the API demands, for containers that call it; `null`: it demands none. */
  readonly apiToken: EnvironmentVariable | null;
}

/** All variables; a name that is given twice is a mistake. */
export function proxyEnvironment(annotations: PodAnnotations): ProxyEnvironment {
  const users = [...fromText(annotations), ...fromSecrets(annotations)];
  const tokens = [
    ...tokenFrom('api-token-secret', apiTokenName, annotations),
    ...tokenFrom('app-token-secret', 'APP_API_TOKEN', annotations),
  ];
  const given = [...users, ...tokens];
  refuseRepeated(given, annotations);
  const names = users.map(({ variable }) => variable.name).join(' ');
  return {
    variables: [
      fromPod('NAMESPACE', 'metadata.namespace'),
      fromPod('POD_NAME', 'metadata.name'),
      fromPod('POD_IP', 'status.podIP'),
      ...users.map(({ variable }) => variable),
      ...(names === '' ? [] : [{ name: 'DAPR_ENV_KEYS', value: names }]),
      ...tokens.map(({ variable }) => variable),
    ],
    apiToken: given.find(({ variable }) => variable.name === apiTokenName)?.variable ?? null,
  };
}

interface Given {
  readonly variable: EnvironmentVariable;
  readonly annotation: Annotation;
}

function fromText(annotations: PodAnnotations): readonly Given[] {
  const annotation = annotations.given('env');
  if (annotation === null) return [];
  return annotation.value.split(betweenPairs).flatMap((pair, index) => {
    const { name, value } = pairFrom(pair);
    if (isUsable(name, annotation, { annotations, index })) return [{ variable: { name, value }, annotation }];
    return [];
  });
}

function fromSecrets(annotations: PodAnnotations): readonly Given[] {
  const annotation = annotations.given('env-from-secret');
  if (annotation === null) return [];
  return annotation.value.split(',').flatMap((pair, index) => {
    const { name, value } = pairFrom(pair);
    const colon = value.indexOf(':');
    const secret = colon === -1 ? value : value.slice(0, colon).trim();
    const key = colon === -1 ? secret : value.slice(colon + 1).trim();
    if (!isUsable(name, annotation, { annotations, index })) return [];
    if (secretPattern.test(secret) && keyPattern.test(key)) {
      return [{ variable: { name, valueFrom: { secretKeyRef: { name: secret, key } } }, annotation }];
    }
    annotations.refuseUnseen(annotation, `give ${name}=SECRET or ${name}=SECRET:KEY`);
    return [];
  });
}

function tokenFrom(annotationName: string, name: string, annotations: PodAnnotations): readonly Given[] {
  const annotation = annotations.given(annotationName);
  const secret = annotations.text(annotationName, { pattern: secretPattern, allowed: 'give the name of a Secret' });
  if (annotation === null || secret === null) return [];
  return [{ variable: { name, valueFrom: { secretKeyRef: { name: secret, key: tokenKey } } }, annotation }];
}

/** By hand: a pattern would take the square of the time for a text of spaces. Without an equals sign there is no name. */
function pairFrom(text: string): { readonly name: string; readonly value: string } {
  const at = text.indexOf('=');
  return at === -1 ? { name: '', value: '' } : { name: text.slice(0, at).trim(), value: text.slice(at + 1).trim() };
}

interface Place {
  readonly annotations: PodAnnotations;
  readonly index: number;
}

function isUsable(name: string, annotation: Annotation, { annotations, index }: Place): boolean {
  if (!namePattern.test(name)) {
    annotations.refuseUnseen(annotation, `its part ${index + 1} is not NAME=VALUE; separate parts by commas`);
    return false;
  }
  if (!ownNames.includes(name)) return true;
  annotations.refuseUnseen(annotation, `${name} is set by Farpoint; leave it out`);
  return false;
}

function refuseRepeated(given: readonly Given[], annotations: PodAnnotations): void {
  const seen = new Set<string>();
  for (const { variable, annotation } of given) {
    if (seen.has(variable.name)) annotations.refuseUnseen(annotation, `${variable.name} is given twice; give it once`);
    seen.add(variable.name);
  }
}

function fromPod(name: string, fieldPath: string): EnvironmentVariable {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
