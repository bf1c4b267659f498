/** An issuer of JWTs on the node: its key set over TLS, and tokens. */
import { SignJWT } from 'jose';
import type { CertificateAuthority } from '../../../examples/certificates/certificate-authority.ts';
import { makeKey } from '../../support/start-issuer.ts';
import { nodeAddress } from './node-address.ts';
import { type NodeServer, startNodeServer } from './start-node-server.ts';

export interface NodeIssuer extends NodeServer {
  /** Good for this audience and ten minutes. */
  token(audience: string): Promise<string>;
}

const name = 'people';

/** Its certificate is of the authority; `iss` of its tokens is `people`, and its keys are at `/keys`. */
export async function startNodeIssuer(authority: CertificateAuthority): Promise<NodeIssuer> {
  const { id, algorithm, jwk, privateKey } = await makeKey('ES256', 'key-1');
  const { chainPem, privateKeyPem } = await authority.issueServer({ hosts: [nodeAddress] });
  const server = await startNodeServer(
    (_request, response) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: [jwk] })),
    { cert: chainPem, key: privateKeyPem },
  );
  return {
    ...server,
    token: (audience) =>
      new SignJWT({ iss: name, aud: audience })
        .setProtectedHeader({ alg: algorithm, kid: id })
        .setIssuedAt()
        .setExpirationTime('10m')
        .sign(privateKey),
  };
}
