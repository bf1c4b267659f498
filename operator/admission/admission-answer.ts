/** What is answered to the API server, within the limits that it has for what people are to read. Pure. */
import { refusalMessage } from '#shared/compile/compile-endpoint.ts';

export interface AdmissionAnswer {
  /** Every mistake, a sentence each; empty: the object is allowed. */
  readonly mistakes: readonly string[];
  /** JSON Patch (RFC 6902); empty: the object stays as it is. */
  readonly patch: readonly object[];
  /** Shown by kubectl to whoever sent the object. */
  readonly warnings: readonly string[];
}

/** Nothing to say. */
export const allowed: AdmissionAnswer = { mistakes: [], patch: [], warnings: [] };

/** The API server cuts longer ones off when all of them together are too long for it. */
const maxWarningLength = 256;
const maxWarningsLength = 4_000;

/** The AdmissionReview that answers the question with this uid. */
export function reviewFrom(uid: string, { mistakes, patch, warnings }: AdmissionAnswer): object {
  const shown = boundedWarnings(warnings);
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: mistakes.length === 0,
      ...(mistakes.length > 0 && { status: denial(mistakes) }),
      ...(patch.length > 0 && { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
      ...(shown.length > 0 && { warnings: shown }),
    },
  };
}

function denial(mistakes: readonly string[]): object {
  const message = refusalMessage(mistakes.map((mistake) => ({ message: mistake.replace(/\.$/, '') })));
  return { status: 'Failure', reason: 'Invalid', code: 422, message };
}

/** Each once, as many as fit, and how many did not. */
export function boundedWarnings(warnings: readonly string[]): readonly string[] {
  const different = [...new Set(warnings)];
  const shown: string[] = [];
  let length = 0;
  for (const warning of different) {
    // No line of a header holds a line break.
    const line = warning.replaceAll(/\s+/g, ' ').toWellFormed();
    const text = line.length <= maxWarningLength ? line : `${line.slice(0, maxWarningLength - 1).toWellFormed()}…`;
    length += text.length;
    if (length > maxWarningsLength) return [...shown, `and ${different.length - shown.length} more warnings`];
    shown.push(text);
  }
  return shown;
}
