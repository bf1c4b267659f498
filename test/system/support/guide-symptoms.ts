/** Brings about, one by one, what the guide's troubleshooting is about, so that its commands show it. */
import { expect } from 'vitest';
import { containerProcess } from './container-process.ts';
import type { Shell } from './guide.ts';

export interface Symptom {
  /** Resolves when a user would see it. */
  provoke(shell: Shell): Promise<void>;
  /** What the commands of the guide print then. */
  readonly shown: readonly (string | RegExp)[];
  mend(shell: Shell): Promise<void>;
}

/** Made before Farpoint was there, by the test of the guide. */
export const earlyNamespace = 'before-farpoint';

const ordersReady = 'kubectl -n shop rollout status deployment/orders --timeout=2m';
const aProxy = '--app-id=orders';
const withinMs = { timeout: 90_000, interval: 500 };

/** By the words that stand before it in the guide. */
export const symptoms: Readonly<Record<string, Symptom>> = {
  'A Deployment makes no pods': {
    async provoke(shell) {
      await annotateOrders(shell, 'dapr.io/app-port', 'eighty');
      await untilShown(
        shell,
        `kubectl -n shop get deployment orders -o jsonpath='{.status.conditions}'`,
        /denied the request/,
      );
    },
    shown: [/annotation dapr\.io\/app-port.*"eighty"/, /Warning +FailedCreate +replicaset.*dapr\.io\/app-port/],
    async mend(shell) {
      await annotateOrders(shell, 'dapr.io/app-port', '8080');
      await shell(ordersReady);
    },
  },
  'A pod stays in `Init` or `ContainerCreating`': {
    async provoke(shell) {
      await redirectTables(shell, 6599);
      await shell('kubectl -n shop delete pods -l app=orders --wait');
      await untilShown(shell, 'kubectl -n shop logs deploy/orders -c daprd', /control plane.*ECONNREFUSED/s);
    },
    shown: ['Startup probe failed', 'ECONNREFUSED', 'farpoint-trust-bundle'],
    async mend(shell) {
      await redirectTables(shell, 6500);
      await shell(ordersReady);
    },
  },
  '404, no such target': endpointChange(
    { scopes: ['billing'] },
    { status: 404, shown: [/"id":"orders"(?!.*httpEndpoints)/, /inventory +\[billing\]/] },
  ),
  '503, refused': endpointChange(
    { spec: { clientTLS: { certificate: { secretKeyRef: { key: 'absent.crt' } } } } },
    { status: 503, shown: [/ResolvedRefs=False SecretKeyNotFound: .*absent\.crt/, /Warning +SecretKeyNotFound/] },
  ),
  '502, not reached': {
    async provoke(shell) {
      await shell(`cp shop-ca/orders.crt shop-ca/orders.crt.good
        openssl req -x509 -key shop-ca/orders.key -days 1 -subj /CN=stranger -out shop-ca/orders.crt`);
      await applyClientSecret(shell);
      await untilAnswered(shell, 502);
    },
    shown: [/subject=CN *= *stranger/, /issuer=CN *= *stranger/],
    async mend(shell) {
      await shell('mv shop-ca/orders.crt.good shop-ca/orders.crt');
      await applyClientSecret(shell);
      await untilAnswered(shell, 200);
    },
  },
  '403 for a URL': {
    async provoke(shell) {
      // With a short time for the trouble that is next.
      await upgrade(shell, '--set proxy.urlCalls=deny --set repair.interval=5s');
      await untilShown(shell, callForStatus('https://inventory.shop.svc.cluster.local:8443'), /^403$/);
    },
    shown: ['--url-calls=deny'],
    mend: async () => undefined,
  },
  'A pod has no proxy': {
    async provoke(shell) {
      await untilShown(shell, `kubectl -n ${earlyNamespace} get events`, /ProxyMissing/);
    },
    shown: [/before-farpoint +early .*[0-9]s\s*$/m, /before-farpoint .*ProxyMissing .*pod\/early .*delete it/],
    mend: async () => undefined,
  },
  'A change does not arrive': {
    async provoke(shell) {
      await shell(`kubectl -n shop scale deployment orders --replicas=2; ${ordersReady}`);
      await untilShown(shell, 'kubectl -n shop get httpendpoint inventory', / 2\/2 /);
      process.kill(await containerProcess(aProxy), 'SIGSTOP');
      await patchEndpoint(shell, { spec: { headers: [{ name: 'x-day', value: 'two' }] } });
      await untilShown(shell, 'kubectl -n shop get httpendpoint inventory', / 1\/2 /);
    },
    shown: [/ 1\/2 /, /Programmed=False Pending: 1 of 2 proxies/, /\[pod\/orders-.*endpoint table applied.* revision=/],
    async mend(shell) {
      process.kill(await containerProcess(aProxy, 'T'), 'SIGCONT');
      await untilShown(shell, 'kubectl -n shop get httpendpoint inventory', / 2\/2 /);
      await shell(`kubectl -n shop scale deployment orders --replicas=1; ${ordersReady}`);
    },
  },
};

/** Something in the endpoint, until calls are answered with a status; and back. */
function endpointChange(
  change: object,
  { status, shown }: { readonly status: number; readonly shown: Symptom['shown'] },
): Symptom {
  return {
    async provoke(shell) {
      await patchEndpoint(shell, change);
      await untilAnswered(shell, status);
    },
    shown,
    async mend(shell) {
      await shell('kubectl -n shop apply -f examples/kubernetes/inventory-endpoint.yaml');
      await untilAnswered(shell, 200);
    },
  };
}

async function untilShown(shell: Shell, command: string, shown: RegExp): Promise<void> {
  await expect.poll(() => shell(`${command} || true`), withinMs).toMatch(shown);
}

async function untilAnswered(shell: Shell, status: number): Promise<void> {
  await untilShown(shell, callForStatus('inventory'), new RegExp(`^${status}$`));
}

function callForStatus(target: string): string {
  const url = `localhost:3500/v1.0/invoke/${target}/method/stock/66`;
  return `kubectl -n shop exec deploy/orders -c orders -- curl -sS -o /dev/null -w '%{http_code}' ${url}`;
}

async function annotateOrders(shell: Shell, key: string, value: string): Promise<void> {
  const patch = { spec: { template: { metadata: { annotations: { [key]: value } } } } };
  await shell(`kubectl -n shop patch deployment orders -p '${JSON.stringify(patch)}'`);
}

async function patchEndpoint(shell: Shell, patch: object): Promise<void> {
  await shell(`kubectl -n shop patch httpendpoint inventory --type=merge -p '${JSON.stringify(patch)}'`);
}

async function redirectTables(shell: Shell, port: number): Promise<void> {
  const patch = { spec: { ports: [{ port: 443, targetPort: port === 6500 ? 'tables' : port }] } };
  await shell(`kubectl -n farpoint-system patch service farpoint-operator -p '${JSON.stringify(patch)}'`);
}

async function applyClientSecret(shell: Shell): Promise<void> {
  const files = ['tls.crt=shop-ca/orders.crt', 'tls.key=shop-ca/orders.key', 'ca.crt=shop-ca/ca.crt'];
  const flags = files.map((file) => `--from-file=${file}`).join(' ');
  const make = `kubectl -n shop create secret generic orders-client ${flags} --dry-run=client -o yaml`;
  await shell(`${make} | kubectl -n shop apply -f -`);
}

async function upgrade(shell: Shell, flags: string): Promise<void> {
  await shell(`helm upgrade farpoint charts/farpoint -n farpoint-system --reset-then-reuse-values ${flags} --wait`);
  // Until the last one of before is gone, pods may be like before.
  await untilShown(shell, 'kubectl -n farpoint-system get pods --output=name | wc -l', /^2$/m);
  await shell(`kubectl -n shop rollout restart deployment/orders; ${ordersReady}`);
}
