/** How a run speaks: one block of lines per call, and what to try next. */
import type { Call } from './calls.ts';
import { curlLine } from './make-call.ts';
import type { Answer } from './send-request.ts';

/** Room for the reason of a refusal. */
const answerWidth = 240;

export interface Outcome {
  readonly call: Call;
  readonly answer: Answer;
  readonly isExpected: boolean;
}

/** Compares an answer with what the call is to answer. */
export function outcomeOf(call: Call, answer: Answer): Outcome {
  const isExpected = answer.status === call.expectedStatus && firstLine(answer.body).includes(call.expectedText);
  return { call, answer, isExpected };
}

/** The lines for one call: verdict, status, title; the line to paste; the answer. */
export function outcomeLines({ call, answer, isExpected }: Outcome): string {
  const verdict = isExpected ? 'ok          ' : 'not expected';
  const wish = isExpected ? '' : ` (to be: ${call.expectedStatus}, ${call.expectedText})`;
  return [
    `${verdict}  ${answer.status}  ${call.title}${wish}`,
    `                   $ ${curlLine(call)}`,
    `                   ${shortened(firstLine(answer.body))}`,
  ].join('\n');
}

/** One sentence over all calls. */
export function summaryLine(outcomes: readonly Outcome[]): string {
  const wrong = outcomes.filter((outcome) => !outcome.isExpected).length;
  return wrong === 0
    ? `All ${outcomes.length} calls answered as they should.`
    : `${wrong} of ${outcomes.length} calls did not answer as they should.`;
}

/** What a newcomer can change to see it apply. */
export function nextSteps(options: { readonly resourcesPath: string; readonly metricsPort: number }): string {
  return [
    'Now change something, and see it apply to the next call, without a restart:',
    `  edit ${options.resourcesPath}/palpatine.yaml (the value Cody, say) and paste the first line again;`,
    `  edit ${options.resourcesPath}/council.yaml (the token in the Secret) and the council answers 401;`,
    `  edit ${options.resourcesPath}/falcon.yaml (maxRetries: 0) and the falcon answers 503 every other time.`,
    `Metrics: curl -s http://127.0.0.1:${options.metricsPort}/metrics`,
    'Ctrl-C ends everything. What the proxy logs from here on follows.',
  ].join('\n');
}

function firstLine(body: string): string {
  return body.split(/\r?\n/, 1)[0] ?? '';
}

function shortened(line: string): string {
  return line.length <= answerWidth ? line : `${line.slice(0, answerWidth - 1)}…`;
}
