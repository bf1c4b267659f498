/** The table of forbidden texts, each with the reason, and the search for them. Pure. */

interface ForbiddenText {
  readonly pattern: RegExp;
  readonly reason: string;
  /** Files that hold it for a good reason. */
  readonly allowedIn?: readonly string[];
}

const verifyAlways = 'certificates are always verified; make a throw-away CA (examples/certificates) instead';

const forbiddenTexts: readonly ForbiddenText[] = [
  {
    pattern: /(?<!\brequestCert: true, )rejectUnauthorized(?!['"]?\??\s*[:=]\s*true\b)/,
    reason: verifyAlways,
  },
  // Servers that ask for a certificate without demanding one, to look at what the proxy presents; it verifies them.
  {
    pattern: /\brequestCert: true, rejectUnauthorized(?!: true\b)/,
    reason: verifyAlways,
    allowedIn: ['material', 'rotation', 'unresolved'].map((name) => `test/feature/tls-${name}.test.ts`),
  },
  {
    pattern: /NODE_TLS_REJECT_UNAUTHORIZED/,
    reason: verifyAlways,
    allowedIn: ['test/feature/tls-system-roots.test.ts'],
  },
  { pattern: /checkServerIdentity\s*[:=(]/, reason: verifyAlways },
  { pattern: /\bsecure['"]?\s*:\s*false/, reason: verifyAlways },
  { pattern: /\bcurl\b.*\s(-k|--insecure)\b/, reason: verifyAlways },
  { pattern: /(^|[\s'"`(=])\/(work|home|root|Users)\//, reason: 'a path of one machine; make it relative' },
];

/** Returns one sentence for each line of the file that holds forbidden text. */
export function findForbiddenText(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const found = forbiddenTexts.find(({ pattern, allowedIn }) => pattern.test(line) && !allowedIn?.includes(file));
    return found === undefined ? [] : [`${file}:${index + 1}: ${line.trim().slice(0, 80)}: ${found.reason}`];
  });
}
