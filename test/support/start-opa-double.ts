/** In the place of an OPA server: takes any policy, and decides as the test says. For what a pipeline does, not for Rego. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { startUpstream } from './start-upstream.ts';

export interface OpaInput {
  readonly request: { readonly method: string; readonly path: string; readonly body?: string };
}

export interface OpaDouble {
  readonly origin: string;
  readonly inputs: OpaInput[];
}

/** `decide`: what `data.http.allow` is for an input, perhaps later. */
export async function startOpaDouble(decide: (input: OpaInput) => unknown): Promise<OpaDouble> {
  const inputs: OpaInput[] = [];
  const { origin } = await startUpstream((request, response) => void answer(request, response));
  return { origin, inputs };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'PUT') return void response.end('{}');
    const { input } = (await json(request)) as { input: OpaInput };
    inputs.push(input);
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ result: await decide(input) }));
  }
}
