/** A real proxy in kubernetes mode in this process, on free ports. */
import { runProxy, type ProxyInTest } from './run-proxy.ts';

export interface ClusterProxyOptions {
  /** `host:port`. */
  readonly address: string;
  readonly tokenFile: string;
  readonly caFile: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ClusterProxy extends ProxyInTest {
  readonly metricsPort: number;
}

/** Starts a proxy for app `orders` in namespace `shop`; it ends with the test. */
export async function startClusterProxy(options: ClusterProxyOptions): Promise<ClusterProxy> {
  const { address, tokenFile, caFile, args = [], env = {} } = options;
  const proxy = await runProxy(
    [
      '--mode=kubernetes',
      `--control-plane-address=${address}`,
      `--control-plane-token-file=${tokenFile}`,
      `--control-plane-ca-file=${caFile}`,
      ...args,
    ],
    { NAMESPACE: 'shop', ...env },
  );
  return { ...proxy, metricsPort: proxy.running.metricsPort ?? 0 };
}
