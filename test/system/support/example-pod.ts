/** Pods of the guide's application, as small as the Pod Security Standard `restricted` allows. */

export interface ExamplePod {
  /** Also the app id. */
  readonly name: string;
  /** Of the annotations that ask for a proxy. */
  readonly prefix?: string;
  /** Further ones, or other values. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of the program; it listens on 8080. */
  readonly args?: readonly string[];
  readonly command?: readonly string[];
}

export const exampleImage = 'registry.local/farpoint-example:1';
/** The application's container. */
export const container = 'app';

/** What a pod of it is made of, a proxy asked for. */
export function exampleTemplate(options: ExamplePod): {
  readonly metadata: object;
  readonly spec: Readonly<Record<string, unknown>>;
} {
  const { name, prefix = 'dapr.io', annotations, args = ['orders'], command } = options;
  return {
    metadata: {
      labels: { app: name },
      annotations: {
        [`${prefix}/enabled`]: 'true',
        [`${prefix}/app-id`]: name,
        [`${prefix}/app-port`]: '8080',
        ...annotations,
      },
    },
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: container,
          image: exampleImage,
          args,
          ...(command === undefined ? {} : { command }),
          resources: { requests: { cpu: '10m' }, limits: { memory: '128Mi' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}

/** A pod that nothing makes anew. */
export function examplePod(options: ExamplePod): string {
  const { metadata, spec } = exampleTemplate(options);
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: options.name, ...metadata }, spec });
}

/** A Deployment of one. */
export function exampleDeployment(options: ExamplePod): string {
  const { name } = options;
  const spec = { selector: { matchLabels: { app: name } }, template: exampleTemplate(options) };
  return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec });
}

/** A Job of one. */
export function exampleJob(options: ExamplePod): string {
  const { metadata, spec } = exampleTemplate(options);
  const template = { metadata, spec: { ...spec, restartPolicy: 'Never' } };
  return JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: options.name }, spec: { template } });
}
