/** The certificate authority of a test file, and what its servers and those who call them have of it. */
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';
import { serverIdentity } from './start-tls-upstream.ts';

/** Of a server, as `tls.createServer` takes it. */
interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority {
  readonly authority: CertificateAuthority;
  /** What an HTTPEndpoint says that trusts it. */
  readonly rootCa: { readonly value: string };
  readonly server: ServerCertificate;
  /** The same for a server that takes only callers with a certificate of this authority. */
  readonly strictServer: ServerCertificate & {
    readonly requestCert: true;
    readonly rejectUnauthorized: true;
    readonly ca: string;
  };
}

export interface TestAuthorityOptions {
  readonly name?: string;
  /** Whom the server's certificate names; `localhost` and both loopback addresses by default. */
  readonly hosts?: readonly string[];
}

/** Makes them anew. */
export async function createTestAuthority({ name, hosts }: TestAuthorityOptions = {}): Promise<TestAuthority> {
  const authority = await CertificateAuthority.create(name ?? 'Test Root');
  const { certificatePem } = authority;
  const server = await serverIdentity(authority, hosts);
  return {
    authority,
    rootCa: { value: certificatePem },
    server,
    strictServer: { ...server, requestCert: true, rejectUnauthorized: true, ca: certificatePem },
  };
}
