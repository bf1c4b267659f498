/** What the operator's own certificate authority consists of, as the Secret `farpoint-control-plane` keeps it. */

/** A certificate authority: its self-signed certificate and its key. */
export interface SigningAuthority {
  readonly certificatePem: string;
  /** PKCS #8, EC P-256. Never logged. */
  readonly privateKeyPem: string;
}

/** Immutable: a rotation step makes another one. */
export interface AuthorityState {
  /** Signs serving certificates now. */
  readonly signer: SigningAuthority;
  /** When it began to sign; null: not known. Milliseconds since 1970. */
  readonly signingSinceMs: number | null;
  /** The signer's certificate, issued by its predecessor, for clients that have only that one; null: none. */
  readonly crossPem: string | null;
  /** Trusted already and signs soon; null: nothing is under way. */
  readonly next: (SigningAuthority & { readonly sinceMs: number }) | null;
  /** Certificates of authorities that sign no longer, while something that they signed may be in use. */
  readonly previousPems: readonly string[];
  /** Certificates that somebody else put into the bundle: kept until they expire. */
  readonly foreignPems: readonly string[];
  /** Text of 32 random bytes that every replica makes fingerprints with. */
  readonly fingerprintKey: string;
}

/** All that clients are told to trust, as one PEM text. */
export function bundlePemOf({ signer, next, previousPems, foreignPems }: AuthorityState): string {
  const own = next === null ? [signer.certificatePem] : [signer.certificatePem, next.certificatePem];
  return [...own, ...previousPems, ...foreignPems].join('');
}
