/** A proxy with pipelines in front of an upstream `up` that tells what it received. */
import type { IncomingMessage } from 'node:http';
import { httpEndpoint } from './http-endpoint.ts';
import { pipelineConfiguration, stepFiles, type Step } from './middleware-manifests.ts';
import { startTestProxy, type TestProxy } from './start-test-proxy.ts';
import { startUpstream } from './start-upstream.ts';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface PipedProxy {
  readonly proxy: TestProxy;
  readonly received: Received[];
}

/** The upstream echoes every body, or says `hello`. Each step has its own file, `<name>.yaml`. */
export async function startPipedProxy(pipelines: {
  readonly http?: readonly Step[];
  readonly app?: readonly Step[];
  readonly args?: readonly string[];
}): Promise<PipedProxy> {
  const received: Received[] = [];
  const upstream = await startUpstream((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request;
      const body = Buffer.concat(pieces).toString('utf8');
      received.push({ method, url, headers, rawHeaders, body });
      const text = body === '' ? 'hello' : body;
      response.writeHead(200, { 'Content-Length': Buffer.byteLength(text) }).end(text);
    });
  });
  const proxy = await startTestProxy({
    resources: {
      'up.yaml': httpEndpoint('up', `${upstream.origin}/base`),
      ...stepFiles(pipelines.http, pipelines.app),
    },
    configuration: pipelineConfiguration(pipelines),
    args: pipelines.args ?? [],
  });
  return { proxy, received };
}
