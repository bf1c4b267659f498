/** The tables of a proxy that runs by itself: from folders of manifests, compiled in this process. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '#shared/clock/clock.ts';
import { compile, type Compilation } from '#shared/compile/compile.ts';
import type { Audience } from '#shared/compile/snapshot.ts';
import { ConfigError } from '#shared/errors/config-error.ts';
import type { Problem } from '#shared/errors/problem.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { ProxySettings } from '#shared/settings/proxy-settings.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import type { FolderReading } from '../source/folder-reader.ts';
import { FolderSource } from '../source/folder-source.ts';
import { ProblemLog } from './problem-log.ts';
import { tableFields } from './table-fields.ts';

export interface FolderTablesOptions {
  readonly settings: ProxySettings;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly apply: (table: EndpointTable) => void;
}

/** Applies a first table, then each that differs. */
export class FolderTables {
  readonly #options: FolderTablesOptions;
  readonly #logger: Logger;
  readonly #problemLog: ProblemLog;
  readonly #loggedKinds = new Set<string>();
  #compilation: Compilation | null = null;

  constructor(options: FolderTablesOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ component: 'subscribe' });
    this.#problemLog = new ProblemLog(this.#logger);
  }

  /**
   * Reads, compiles and applies, then watches; resolves when the signal is aborted. Rejects with ConfigError when the
   * Configuration cannot be used at the start; a later mistake keeps the last good one.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { settings, clock } = this.#options;
    const { resourcesPaths, configFiles, env, allowedEnvNames, disableBuiltinKubernetesSecretStore } = settings;
    const audience = audienceOf(settings);
    const source = new FolderSource({
      resourcesPaths,
      configFiles,
      audience,
      env,
      allowedEnvNames,
      disableBuiltinKubernetesSecretStore,
      // Nobody else needs to agree on the revisions of a folder, so nobody else needs the key: not even this folder's
      // proxy after a restart. Short secrets cannot be tried out against a revision that was logged.
      fingerprintKey: randomBytes(32).toString('base64'),
      clock,
      logger: this.#logger,
      onReading: (reading) => this.#accept(reading, audience),
    });
    await source.run(signal);
  }

  #accept({ snapshot, configMistakes, ignoredKinds }: FolderReading, audience: Audience): void {
    const former = this.#compilation;
    if (former === null && configMistakes.length > 0) throw new ConfigError(configMistakes);
    const { clock, apply } = this.#options;
    const startMs = clock.monotonicMs();
    const compilation = compile(snapshot, audience, former);
    this.#compilation = compilation;
    const compileMs = clock.monotonicMs() - startMs;
    this.#logKinds(ignoredKinds);
    this.#problemLog.report([...configMistakes.map(configProblem), ...compilation.problems]);
    const { table } = compilation;
    if (table.revision === former?.table.revision) return;
    apply(table);
    this.#logger.info('endpoint table applied', {
      ...tableFields(former?.table ?? null, table),
      compileMs: Math.round(compileMs),
    });
  }

  #logKinds(ignoredKinds: ReadonlyMap<string, string>): void {
    for (const [kind, location] of ignoredKinds) {
      if (this.#loggedKinds.has(kind)) continue;
      this.#loggedKinds.add(kind);
      const advice = kind.endsWith(' Configuration') ? 'a Configuration is a file that --config names' : undefined;
      this.#logger.info('resources of this kind are ignored', { kind, location, advice });
    }
  }
}

/** Outside a cluster Dapr looks at namespaces only when NAMESPACE is set (spec/httpendpoint.md §5). */
function audienceOf({ appId, namespace, env }: ProxySettings): Audience {
  return { appId, namespace: (env.get('NAMESPACE') ?? '') === '' ? '' : namespace };
}

/** The mistake begins with its file and line. */
function configProblem(mistake: string): Problem {
  return {
    subject: { kind: 'Configuration', namespace: '', name: '', location: '' },
    reason: 'InvalidConfiguration',
    message: `${mistake}; what was read before stays in use`,
    severity: 'error',
  };
}
