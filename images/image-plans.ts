/** The images: what each one runs, and what its archive says of it. `Dockerfile` says the same, and a test compares. */
import { imageNode, imageUser } from './base-layer.ts';

/** What users run. */
export const programNames = ['proxy', 'operator'] as const;
export type ProgramName = (typeof programNames)[number];
/** `example`: what the guide runs beside them. */
export type ImageName = ProgramName | 'example';

/** The configuration of an image, as OCI names its fields. */
export interface ImageConfig {
  readonly User: string;
  readonly WorkingDir: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
}

export interface ImagePlan {
  readonly name: ImageName;
  /** What a cluster pulls, or finds imported: `registry.local/farpoint-proxy:0.1.0`. */
  readonly reference: string;
  readonly config: ImageConfig;
}

const descriptions: Readonly<Record<ImageName, string>> = {
  proxy: 'Calls any HTTP endpoint by name, beside an application',
  operator: 'Compiles endpoints and pushes them to proxies',
  example: 'Applications of the guide',
};

export interface ImagePlanOptions {
  readonly version: string;
  /** From the first line of the programs. */
  readonly nodeFlags: readonly string[];
}

/** What is to be built. Pure. */
export function imagePlans({ version, nodeFlags }: ImagePlanOptions): readonly ImagePlan[] {
  const programs = programNames.map((name) => imagePlan(name, { version, tag: version, nodeFlags }));
  return [...programs, imagePlan('example', { version, tag: '1', nodeFlags: [] })];
}

function imagePlan(name: ImageName, options: ImagePlanOptions & { readonly tag: string }): ImagePlan {
  const { version, tag, nodeFlags } = options;
  return {
    name,
    reference: `registry.local/farpoint-${name}:${tag}`,
    config: {
      User: imageUser,
      WorkingDir: '/',
      Env: ['PATH=/usr/local/bin'],
      Entrypoint: [imageNode, ...nodeFlags, `/farpoint/${name}.js`],
      Labels: {
        'org.opencontainers.image.title': `farpoint-${name}`,
        'org.opencontainers.image.description': descriptions[name],
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.licenses': 'Apache-2.0',
      },
    },
  };
}
