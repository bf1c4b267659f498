/** Whatever becomes of a middleware, no value of its settings shows: not in an answer, the log or the metadata. */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { middlewareComponent, pipelineConfiguration, type Step } from '../support/middleware-manifests.ts';
import { findPlanted, planted } from '../support/planted-secrets.ts';
import { startPipedProxy } from '../support/start-piped-proxy.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { documents, secretManifest } from '../support/tls-manifests.ts';

const path = '/v1.0/invoke/up/method/orders?q=1';
const secret = planted('setting');

/** Every setting of every type holds a secret, and none of them can be meant so. */
const wrong: readonly Step[] = [
  { name: 'a', type: 'ratelimit', settings: { maxRequestsPerSecond: secret, burst: secret, key: `{${secret}}` } },
  { name: 'b', type: 'bearer', settings: { issuer: secret, jwksURL: secret, rootCA: secret } },
  {
    name: 'c',
    type: 'oauth2',
    settings: { authURL: secret, tokenURL: secret, authHeaderName: `${secret} `, forceHTTPS: secret },
  },
  {
    name: 'd',
    type: 'oauth2clientcredentials',
    settings: { clientSecret: secret, authStyle: secret, pathFilter: `(?=${secret})` },
  },
  {
    name: 'e',
    type: 'opa',
    settings: { rego: secret, defaultStatus: secret, timeout: secret, maxBodySize: secret, decision: secret },
  },
  { name: 'f', type: 'routeralias', settings: { routes: `{"${secret}": ${secret}` } },
  { name: 'g', type: 'routerchecker', settings: { rule: `(${secret}` } },
  { name: 'h', type: 'uppercase', settings: { direction: secret } },
];

/** Rightly set, before servers that fail. */
function failing(origin: string): readonly Step[] {
  const client = { clientID: 'shop', clientSecret: secret, tokenURL: `${origin}/token` };
  return [
    {
      name: 'i',
      type: 'oauth2clientcredentials',
      settings: { ...client, scopes: 'a', headerName: 'authorization', endpointParamsQuery: `x=${secret}` },
    },
    { name: 'j', type: 'oauth2', settings: { ...client, authURL: origin, redirectURL: `${origin}/back` } },
    {
      name: 'k',
      type: 'opa',
      settings: { url: origin, token: secret, rego: `package http\n# ${secret}\nallow := true` },
    },
    { name: 'l', type: 'bearer', settings: { issuer: origin, audience: secret } },
    { name: 'm', type: 'ratelimit', settings: { key: `${secret}{path}`, maxRequestsPerSecond: '0.001' } },
    { name: 'n', type: 'routerchecker', settings: { rule: `^${secret}$` } },
  ];
}

/** All that two calls and the metadata of a proxy with this one step show. */
async function shownBy(step: Step, pipeline: 'http' | 'app'): Promise<string> {
  const { proxy } = await startPipedProxy({ [pipeline]: [step] });
  const answers = [
    await ask(proxy.port, { path }),
    await ask(proxy.port, { path, headers: ['Authorization', 'Bearer x'] }),
  ];
  const metadata = await ask(proxy.port, { path: '/v1.0/metadata' });
  return inspect([answers, metadata, proxy.lines], { depth: 9, maxStringLength: null });
}

describe('no value of a setting shows', () => {
  test.each(wrong)('of $type that is wrong', async (step) => {
    const shown = await shownBy(step, 'app');
    expect(shown).toContain('InvalidMiddleware');
    expect(findPlanted(shown, [])).toEqual([]);
  });

  test('of any type whose server fails or repeats what it was sent', async () => {
    const upstream = await startUpstream((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const { authorization = '' } = request.headers;
        const error = `${Buffer.concat(pieces).toString('utf8')} ${authorization}`;
        response.writeHead(400, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error, message: 'no' }));
      });
    });
    for (const step of failing(upstream.origin)) {
      for (const pipeline of ['http', 'app'] as const) {
        const found = findPlanted(await shownBy(step, pipeline), []);
        expect({ step: step.name, pipeline, found }).toEqual({ step: step.name, pipeline, found: [] });
      }
    }
  });

  test('of a Secret that does not fit', async () => {
    const limit = { name: 'limit', type: 'ratelimit' };
    const component = middlewareComponent(limit, {}).replace(
      '    []',
      '    - { name: burst, secretKeyRef: { name: s, key: k } }',
    );
    const proxy = await startTestProxy({
      resources: { 'all.yaml': documents(component, secretManifest('s', { k: secret })) },
      configuration: pipelineConfiguration({ http: [limit] }),
    });
    const answer = await ask(proxy.port, { path: '/v1.0/metadata' });
    expect(answer.status).toBe(503);
    const shown = inspect([answer, proxy.lines], { depth: 9 });
    expect(shown).toContain('InvalidMiddleware');
    expect(findPlanted(shown, [])).toEqual([]);
  });
});
