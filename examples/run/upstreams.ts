/** Every server of a run, with the certificates made on the spot, and what the run folder needs to know of them. */
import type { Clock } from '#shared/clock/clock.ts';
import { CertificateAuthority, type IssuedCertificate } from '../certificates/certificate-authority.ts';
import { startApplication } from '../upstreams/application.ts';
import { startArchive } from '../upstreams/archive.ts';
import { startFalcon } from '../upstreams/falcon.ts';
import { startPalpatine } from '../upstreams/palpatine.ts';
import type { RunningServer } from '../upstreams/running-server.ts';
import { startVault } from '../upstreams/vault.ts';
import type { RunFolderOptions } from './run-folder.ts';

export interface Upstreams {
  readonly palpatine: RunningServer;
  readonly vault: RunningServer;
  readonly archive: RunningServer;
  readonly falcon: RunningServer;
  readonly application: RunningServer;
  readonly folder: Pick<RunFolderOptions, 'portsByManifestPort' | 'secrets' | 'fileSecrets'>;
  close(): Promise<void>;
}

/** What examples/resources name; a run takes other ports when these are taken. */
const manifestPorts = { palpatine: 6601, vault: 6602, archive: 6603, application: 6604, falcon: 6605 } as const;

/** Starts them all on loopback. */
export async function startUpstreams(options: { readonly appId: string; readonly clock: Clock }): Promise<Upstreams> {
  const authority = await CertificateAuthority.create('the galactic root');
  const strangers = await CertificateAuthority.create('some other root');
  const hosts = ['localhost', '127.0.0.1'];
  const client = await authority.issueClient({ name: options.appId });
  const stranger = await strangers.issueClient({ name: 'stranger' });

  const palpatine = await startPalpatine({
    port: manifestPorts.palpatine,
    token: 'hello-there',
    clock: options.clock,
  });
  const vault = await startVault({
    port: manifestPorts.vault,
    certificate: await authority.issueServer({ hosts }),
    clientAuthorityPem: authority.certificatePem,
  });
  const archive = await startArchive({
    port: manifestPorts.archive,
    certificate: await authority.issueServer({ hosts }),
  });
  const falcon = await startFalcon({ port: manifestPorts.falcon });
  const application = await startApplication({ port: manifestPorts.application });
  return {
    palpatine,
    vault,
    archive,
    falcon,
    application,
    folder: {
      portsByManifestPort: new Map([
        [manifestPorts.palpatine, palpatine.port],
        [manifestPorts.vault, vault.port],
        [manifestPorts.archive, archive.port],
        [manifestPorts.falcon, falcon.port],
      ]),
      secrets: [
        { name: 'vault-tls', entries: { 'ca.crt': authority.certificatePem, ...tlsEntries(client) } },
        { name: 'stranger-tls', entries: tlsEntries(stranger) },
      ],
      fileSecrets: { 'archive-ca': authority.certificatePem },
    },
    async close() {
      await Promise.all([palpatine, vault, archive, falcon, application].map((server) => server.close()));
    },
  };
}

/** The keys of a Secret of type kubernetes.io/tls. */
function tlsEntries(issued: IssuedCertificate): Readonly<Record<string, string>> {
  return { 'tls.crt': issued.chainPem, 'tls.key': issued.privateKeyPem };
}
