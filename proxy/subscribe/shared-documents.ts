/** One copy of each PEM document in memory, however many endpoints carry it: a bundle of authorities takes 200 kB. */
import type { ClientTls } from '#shared/table/endpoint-table.ts';
import type { Sensitive } from '#shared/table/sensitive.ts';

export class SharedDocuments {
  readonly #documentsByOrigin = new Map<string, WeakRef<Sensitive>>();

  /** The same material, with documents that are known already in place of equal ones. */
  share({ rootCa, identity }: ClientTls): ClientTls {
    return {
      rootCa: rootCa && this.#shared(rootCa),
      identity: identity && {
        certificateChain: this.#shared(identity.certificateChain),
        privateKey: this.#shared(identity.privateKey),
      },
    };
  }

  /** Forgets documents that no endpoint holds any more. */
  sweep(): void {
    for (const [origin, document] of this.#documentsByOrigin) {
      if (document.deref() === undefined) this.#documentsByOrigin.delete(origin);
    }
  }

  #shared(document: Sensitive): Sensitive {
    const origin = JSON.stringify([document.ref, document.version]);
    const known = this.#documentsByOrigin.get(origin)?.deref();
    if (known !== undefined && known.reveal() === document.reveal()) return known;
    this.#documentsByOrigin.set(origin, new WeakRef(document));
    return document;
  }
}
