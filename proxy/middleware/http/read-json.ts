/** The JSON object that a server answers with. */
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from './http-client.ts';
import { jsonObject } from './json-object.ts';

/** GETs it. Rejects with an Error of one sentence about the server named `who`, without anything it said but its status. */
export async function readJson(
  client: HttpClient,
  request: Pick<HttpRequest, 'url' | 'signal'>,
  who: string,
): Promise<UnknownRecord> {
  const headers = { Accept: 'application/json', 'Accept-Encoding': 'identity' };
  let answer: HttpAnswer;
  try {
    answer = await client.send({ method: 'GET', headers, body: '', ...request });
  } catch (error) {
    throw new Error(`${who}: ${error instanceof Error ? error.message : 'no answer'}`, { cause: error });
  }
  if (answer.status !== 200) throw new Error(`${who} answered with status ${answer.status}`);
  const value = jsonObject(answer.body);
  if (value === null) throw new Error(`${who} did not answer with a JSON object`);
  return value;
}
