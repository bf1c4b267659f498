/** The roots that verify an upstream which brings no root CA of its own. */
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/**
 * Reads the machine's roots once, when first asked: SSL_CERT_FILE and SSL_CERT_DIR where they are set, else the
 * system's, else (an image without any) the ones Node brings.
 */
export class TrustedRoots {
  #certificates: readonly string[] | null = null;
  #context: SecureContext | null = null;

  /** PEM certificates. */
  certificates(): readonly string[] {
    if (this.#certificates === null) {
      const system = getCACertificates('system');
      this.#certificates = system.length > 0 ? system : getCACertificates('bundled');
    }
    return this.#certificates;
  }

  /** One context for every upstream without TLS material: parsing the roots for each would cost each a megabyte. */
  context(): SecureContext {
    this.#context ??= createSecureContext({ ca: [...this.certificates()], minVersion: 'TLSv1.2' });
    return this.#context;
  }
}
