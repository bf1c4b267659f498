/** Which of the control plane's addresses to call: looked up anew each time, one at random, not the one that just failed. */
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { LinkError } from '#shared/errors/link-error.ts';

/** All addresses of a name, as `dns.promises.lookup` with `all` gives them. */
export type LookUpAddresses = (host: string) => Promise<readonly LookupAddress[]>;

export interface AddressPickerOptions {
  readonly host: string;
  readonly lookUp: LookUpAddresses;
  /** In [0, 1). */
  readonly random: () => number;
}

const maxAvoided = 64;

export class AddressPicker {
  readonly #options: AddressPickerOptions;
  readonly #avoided = new Set<string>();

  constructor(options: AddressPickerOptions) {
    this.#options = options;
  }

  /** Throws LinkError when the name leads nowhere. */
  async next(): Promise<string> {
    const { host, random } = this.#options;
    const addresses = isIP(host) === 0 ? await this.#lookUp() : [host];
    const others = addresses.filter((address) => !this.#avoided.has(address));
    if (others.length === 0) this.#avoided.clear();
    const choice = others.length === 0 ? addresses : others;
    const address = choice[Math.floor(random() * choice.length)];
    if (address === undefined) throw unknownHost('no address');
    return address;
  }

  /** Prefers the others until they have failed too. */
  avoid(address: string): void {
    if (this.#avoided.size >= maxAvoided) this.#avoided.clear();
    this.#avoided.add(address);
  }

  /** The address works: nothing is known against the others any more. */
  forgive(): void {
    this.#avoided.clear();
  }

  async #lookUp(): Promise<readonly string[]> {
    const { host, lookUp } = this.#options;
    try {
      return [...new Set((await lookUp(host)).map(({ address }) => address))];
    } catch (error) {
      throw unknownHost(error instanceof Error && 'code' in error ? String(error.code) : 'unknown error', error);
    }
  }
}

function unknownHost(code: string, cause?: unknown): LinkError {
  const message = `its host is not found (${code}); look at --control-plane-address and at the cluster's DNS`;
  return new LinkError(message, { kind: 'transient', status: 0, retryAfterMs: 0, cause });
}
