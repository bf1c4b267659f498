/** Which Secrets, or which of their keys, are referenced by whom, both ways round. */

export class SecretReferences {
  readonly #secretsByOwner = new Map<string, readonly string[]>();
  readonly #countsBySecret = new Map<string, number>();

  /** Whether anybody references it. */
  has(secret: string): boolean {
    return this.#countsBySecret.has(secret);
  }

  /** Replaces what an object references. Returns the Secrets that nobody referenced before, and those that nobody does now. */
  set(
    owner: string,
    secrets: readonly string[],
  ): { readonly added: readonly string[]; readonly dropped: readonly string[] } {
    const former = this.#secretsByOwner.get(owner) ?? [];
    const present = [...new Set(secrets)];
    // The new ones first, so that a Secret in both is never dropped in between.
    const added = present.filter((secret) => this.#add(secret, 1) === 1);
    const dropped = former.filter((secret) => this.#add(secret, -1) === 0);
    if (present.length === 0) this.#secretsByOwner.delete(owner);
    else this.#secretsByOwner.set(owner, present);
    return { added, dropped };
  }

  #add(secret: string, difference: number): number {
    const count = (this.#countsBySecret.get(secret) ?? 0) + difference;
    if (count === 0) this.#countsBySecret.delete(secret);
    else this.#countsBySecret.set(secret, count);
    return count;
  }
}
