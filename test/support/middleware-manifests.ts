/** Manifests of pipelines and of the Components that they name. */

export interface HandlerOf {
  readonly name: string;
  /** Without `middleware.http.`. */
  readonly type: string;
}

/** A handler with the Component that it names. */
export interface Step extends HandlerOf {
  readonly settings?: Readonly<Record<string, string>>;
}

/** One file for each step, `<name>.yaml`, with its Component. */
export function stepFiles(...pipelines: readonly (readonly Step[] | undefined)[]): Record<string, string> {
  const steps = pipelines.flatMap((pipeline) => pipeline ?? []);
  return Object.fromEntries(steps.map((step) => [`${step.name}.yaml`, middlewareComponent(step, step.settings)]));
}

/** A Component of type `middleware.http.<type>`. */
export function middlewareComponent(
  { name, type }: HandlerOf,
  metadata: Readonly<Record<string, string>> = {},
): string {
  return [
    'apiVersion: dapr.io/v1alpha1',
    'kind: Component',
    `metadata: { name: ${JSON.stringify(name)} }`,
    'spec:',
    `  type: middleware.http.${type}`,
    '  version: v1',
    '  metadata:',
    ...Object.entries(metadata).map(([key, value]) => `    - ${JSON.stringify({ name: key, value })}`),
    ...(Object.keys(metadata).length === 0 ? ['    []'] : []),
    '',
  ].join('\n');
}

/** A Configuration whose pipelines name these, the first one outermost. */
export function pipelineConfiguration(pipelines: {
  readonly http?: readonly HandlerOf[];
  readonly app?: readonly HandlerOf[];
}): string {
  const handlers = (list: readonly HandlerOf[] = []): readonly string[] =>
    list.map(({ name, type }) => `      - ${JSON.stringify({ name, type: `middleware.http.${type}` })}`);
  return [
    'apiVersion: dapr.io/v1alpha1',
    'kind: Configuration',
    'metadata: { name: pipelines }',
    'spec:',
    '  httpPipeline:',
    '    handlers:',
    ...(handlers(pipelines.http).length === 0 ? ['      []'] : handlers(pipelines.http)),
    '  appHttpPipeline:',
    '    handlers:',
    ...(handlers(pipelines.app).length === 0 ? ['      []'] : handlers(pipelines.app)),
    '',
  ].join('\n');
}
