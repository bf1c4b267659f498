/** Findings as the message of a condition. Pure. */
import type { Finding } from '#shared/compile/finding.ts';

/** A message is read by people; hundreds of findings are not. */
const maxMessageLength = 2_000;

/** As many messages as fit; the reason of all but the first is not said elsewhere. */
export function joinedMessages(findings: readonly Pick<Finding, 'message'>[]): string {
  let text = '';
  for (const [index, { message }] of findings.entries()) {
    const next = index === 0 ? message : `${text}; ${message}`;
    if (next.length > maxMessageLength) {
      return index === 0 ? `${message.slice(0, maxMessageLength)}…` : `${text}; and ${findings.length - index} more`;
    }
    text = next;
  }
  return text;
}
