/** What a TLS server presents: replaced while it runs. */

export interface ServingCertificate {
  /** The certificate and its intermediates, leaf first. */
  readonly certificateChainPem: string;
  /** PKCS #8. Never logged. */
  readonly privateKeyPem: string;
}

export interface CertificateSource {
  /** The one to present now. Never waits. */
  current(): ServingCertificate;
  /** Calls back when `current()` gives another. Returns the way to stop. */
  onChanged(listener: () => void): () => void;
}
