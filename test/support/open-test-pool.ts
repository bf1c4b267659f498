/** Connections for the calls of a middleware's own, as a proxy without settings opens them. */
import type { OpenPool } from '../../proxy/middleware/http/http-client.ts';
import { ConnectionPool } from '../../proxy/upstream/connection-pool.ts';
import { TrustedRoots } from '../../proxy/upstream/trusted-roots.ts';

const roots = new TrustedRoots();
const settings = {
  httpProxy: '',
  httpsProxy: '',
  noProxy: '',
  connectTimeoutMs: 5_000,
  responseHeaderTimeoutMs: 5_000,
  responseIdleTimeoutMs: 5_000,
};

/** To anything on loopback. */
export const openTestPool: OpenPool = (origin, rootCa) =>
  new ConnectionPool({
    origin,
    tls: rootCa === null ? null : { rootCa, identity: null },
    roots,
    settings,
    http2: 'never',
    viaEnvironmentProxy: false,
    isOwnAddress: () => false,
  });
