/** Calls as an application makes them: by curl in its container. */
import { container } from './example-pod.ts';
import type { OwnNamespace } from './own-namespace.ts';

export interface PodAnswer {
  readonly status: number;
  readonly body: string;
  /** `''`: the answer has none. */
  readonly retryAfter: string;
}

/** `args`: of curl, the URL among them. Throws when there is no answer. */
export async function callFromPod(own: OwnNamespace, pod: string, ...args: readonly string[]): Promise<PodAnswer> {
  const shown = '\n%{http_code} %header{retry-after}';
  const curl = ['curl', '--silent', '--show-error', '--write-out', shown, ...args];
  const output = await own.kubectl('exec', pod, `--container=${container}`, '--', ...curl);
  const end = output.lastIndexOf('\n');
  const [status = '', retryAfter = ''] = output.slice(end + 1).split(' ');
  return { status: Number(status), body: output.slice(0, end), retryAfter };
}
