/**
 * One replica of the operator from its first question to the API server to its last answer to a proxy. The order matters: no
 * table before everything that it is made of is known, no listener for proxies before there are tables, no leadership before both.
 */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { OperatorSettings } from '#shared/settings/operator-settings.ts';
import type { RunningAdmissionServer } from './admission/start-admission-server.ts';
import { findPeers } from './find-peers.ts';
import { createAuthenticator } from './identity/authenticator.ts';
import { defaultLifetimes, type AuthorityLifetimes } from './identity/authority-lifetimes.ts';
import { ControlPlaneAuthority } from './identity/control-plane-authority.ts';
import { PodIdentityWatch } from './identity/pod-identity-watch.ts';
import { LeaseElection } from './kube/lease-election.ts';
import { lead } from './lead.ts';
import type { OperatorKube } from './operator-kube.ts';
import { ClusterRoleOwner } from './ownership/cluster-role-owner.ts';
import { startPushServer, type RunningPushServer } from './push/start-push-server.ts';
import { Readiness } from './readiness.ts';
import { sampledState } from './sampled-state.ts';
import { serveWebhooks } from './serve-webhooks.ts';
import { ClusterSource } from './source/cluster-source.ts';
import { TableBook } from './tables/table-book.ts';
import { TaskGroup } from './task-group.ts';
import type { OperatorMetrics } from './telemetry/operator-metrics.ts';

export interface OperatorOptions {
  readonly settings: OperatorSettings;
  readonly kube: OperatorKube;
  readonly metrics: OperatorMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifetimes?: AuthorityLifetimes;
}

/** Parts that come one after the other; null until then. */
export interface OperatorParts {
  authority: ControlPlaneAuthority | null;
  webhooks: RunningAdmissionServer | null;
  source: ClusterSource | null;
  book: TableBook | null;
  push: RunningPushServer | null;
}

/** Of the Lease that elects the leader. */
const leaseName = 'farpoint-operator';
const firstTablesPollMs = 5;

export class Operator {
  readonly parts: OperatorParts = { authority: null, webhooks: null, source: null, book: null, push: null };
  readonly #options: OperatorOptions;
  readonly #readiness: Readiness;
  readonly #tasks: TaskGroup;
  /** Ends before everything else does, so that another replica leads meanwhile. */
  readonly #leading = new AbortController();
  readonly #failed = Promise.withResolvers<void>();
  readonly #owner: ClusterRoleOwner;
  readonly #election: LeaseElection;

  constructor(options: OperatorOptions) {
    this.#options = options;
    const { settings, kube, metrics, logger, clock } = options;
    this.#owner = new ClusterRoleOwner({ kube: kube.client, name: settings.ownerClusterRole, clock, logger });
    this.#election = new LeaseElection({
      kube: kube.client,
      namespace: settings.namespace,
      name: leaseName,
      replicaName: settings.replicaName,
      durationMs: settings.leaseDurationMs,
      owner: this.#owner,
      clock,
      logger,
    });
    this.#readiness = new Readiness(() => this.parts.source?.missing() ?? []);
    this.#tasks = new TaskGroup({
      onFailed: (part, err) => {
        logger.error('a part of the operator failed; the operator ends', { part, err });
        this.#failed.resolve();
      },
    });
    metrics.sample(
      sampledState(this.parts, {
        isReady: () => this.missing().length === 0,
        isLeader: () => this.isLeader(),
        clock,
      }),
    );
  }

  /** What is missing before proxies are served. */
  missing(): readonly string[] {
    return this.#readiness.missing();
  }

  isLeader(): boolean {
    return this.#election.isLeading();
  }

  /** Resolves when a part failed without which the operator cannot go on. */
  get failed(): Promise<void> {
    return this.#failed.promise;
  }

  /** Starts; each part begins when what it needs is there. */
  start(): void {
    this.#tasks.add('start', (signal) => this.#startParts(signal));
  }

  /** The parts that run. */
  get running(): readonly string[] {
    return this.#tasks.running;
  }

  /** Sends proxies elsewhere, then ends everything. */
  async end(): Promise<void> {
    const { settings, kube, logger } = this.#options;
    this.#readiness.withdraw('running');
    logger.info('shutdown begins');
    this.#leading.abort();
    const { push, webhooks } = this.parts;
    await Promise.all([push?.drain(settings.shutdownGraceMs), webhooks?.drain(settings.shutdownGraceMs)]);
    await this.#tasks.end();
    await kube.close();
    logger.info('shutdown is complete');
  }

  async #startParts(signal: AbortSignal): Promise<void> {
    const { settings, clock, logger } = this.#options;
    await this.#owner.open(signal);
    this.#tasks.add('owner', (until) => this.#owner.run(until));
    const authority = await this.#openAuthority(signal);
    const webhooks = await this.#serveWebhooks(authority);
    if (signal.aborted) return webhooks.drain(0);
    const source = this.#watchCluster(authority, signal);
    await source.loaded(signal);
    if (signal.aborted) return;
    const book = this.#makeTables(source, authority);
    while (!book.isReady() && !signal.aborted) await clock.sleep(firstTablesPollMs, signal);
    if (signal.aborted) return;
    this.#readiness.done('tables');
    const push = await this.#serveProxies({ source, authority, book }, signal);
    // Whoever ended the operator meanwhile did not know of it.
    if (signal.aborted) return push.drain(0);
    this.#readiness.done('listener');
    logger.info('operator is ready', { port: push.port, namespaces: settings.watchNamespaces });
    const { kube } = this.#options;
    const peers = findPeers({
      settings,
      kube,
      push,
      caPem: () => authority.bundlePem(),
      owner: this.#owner,
      tasks: this.#tasks,
      clock,
      logger,
    });
    lead({
      ...this.#options,
      tasks: this.#tasks,
      leading: this.#leading.signal,
      source,
      book,
      push,
      authority,
      peers,
      election: this.#election,
      owner: this.#owner,
    });
  }

  async #openAuthority(signal: AbortSignal): Promise<ControlPlaneAuthority> {
    const { settings, kube, clock, logger, lifetimes = defaultLifetimes } = this.#options;
    const authority = await ControlPlaneAuthority.open(
      {
        client: kube.client,
        namespace: settings.namespace,
        isLeader: () => this.#election.isLeading(),
        owner: this.#owner,
        serverNames: settings.serviceNames,
        lifetimes,
        clock,
        logger,
      },
      signal,
    );
    this.parts.authority = authority;
    this.#readiness.done('authority');
    this.#tasks.add('authority', (until) => authority.run(until));
    return authority;
  }

  /** They need no tables: Pods are made while these are compiled. */
  async #serveWebhooks(certificate: ControlPlaneAuthority): Promise<RunningAdmissionServer> {
    const webhooks = await serveWebhooks({
      ...this.#options,
      certificate,
      feed: () => (this.parts.book?.isReady() === true ? this.parts.source : null),
      tasks: this.#tasks,
    });
    this.parts.webhooks = webhooks;
    this.#readiness.done('webhooks');
    return webhooks;
  }

  #watchCluster(authority: ControlPlaneAuthority, signal: AbortSignal): ClusterSource {
    const { settings, kube, clock, logger } = this.#options;
    const source = new ClusterSource({
      kube: kube.client,
      createListWatch: kube.createListWatch,
      namespaces: settings.watchNamespaces,
      fingerprintKey: authority.fingerprintKey(),
      clock,
      logger,
    });
    this.parts.source = source;
    signal.throwIfAborted();
    this.#tasks.add('source', (until) => source.run(until));
    return source;
  }

  #makeTables(source: ClusterSource, authority: ControlPlaneAuthority): TableBook {
    const { settings, metrics, clock, logger } = this.#options;
    const book = new TableBook({
      feed: source,
      fingerprintKey: authority.fingerprintKey(),
      holdOff: { quietMs: settings.holdOffMs, longestMs: settings.maxHoldOffMs },
      metrics: metrics.tables,
      clock,
      logger,
    });
    this.parts.book = book;
    source.addMarks(book);
    this.#tasks.add('tables', (signal) => book.run(signal));
    return book;
  }

  async #serveProxies(
    made: { readonly source: ClusterSource; readonly authority: ControlPlaneAuthority; readonly book: TableBook },
    signal: AbortSignal,
  ): Promise<RunningPushServer> {
    const { settings, kube, metrics, clock, logger } = this.#options;
    const { annotationPrefixes, watchNamespaces, namespace } = settings;
    const { pods } = made.source;
    const identityWatch = new PodIdentityWatch({ pods, annotationPrefixes, clock });
    identityWatch.run(signal);
    const authenticator = createAuthenticator({
      client: kube.client,
      pods,
      identityWatch,
      audience: settings.tokenAudience,
      annotationPrefixes,
      watchNamespaces,
      serviceAccount: { namespace, name: settings.serviceAccount },
      clock,
      logger,
      signal,
    });
    const push = await startPushServer({
      ...settings.listen,
      certificate: made.authority,
      board: made.book,
      isReady: () => made.book.isReady(),
      authenticate: authenticator.authenticate,
      identityWatch,
      peerResult: (token) => authenticator.peerResult(token),
      metrics: metrics.push,
      clock,
      logger,
    });
    this.parts.push = push;
    return push;
  }
}
