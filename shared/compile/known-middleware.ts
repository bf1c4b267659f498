/**
 * What middleware Components came to, for as long as they are in use and their references lead to the same values: many
 * audiences share a Component, and checking its settings may mean parsing a bundle of certificates.
 */
import type { Component } from '../resources/component.ts';
import {
  compileMiddleware,
  lookUpSettings,
  middlewareFindings,
  type CompiledMiddleware,
} from './compile-middleware.ts';
import type { Finding } from './finding.ts';
import { isSameLookup, type Lookup, type LookupPlace } from './look-up-value.ts';

interface Known {
  readonly lookups: readonly Lookup[];
  readonly compiled: CompiledMiddleware;
}

export class KnownMiddleware {
  readonly #fingerprintKey: string;
  readonly #knownByComponent = new WeakMap<Component, Known>();
  readonly #findingsByComponent = new WeakMap<Component, readonly Finding[]>();

  /** `fingerprintKey`: see Snapshot. */
  constructor(fingerprintKey: string) {
    this.#fingerprintKey = fingerprintKey;
  }

  /** The entry of a Component that is used, and what is wrong with it. */
  compiled(component: Component, place: LookupPlace): CompiledMiddleware {
    const lookups = lookUpSettings(component, place);
    const known = this.#knownByComponent.get(component);
    if (known !== undefined && known.lookups.every((lookup, index) => isSame(lookup, lookups[index]))) {
      return known.compiled;
    }
    const compiled = compileMiddleware(component, { lookups, fingerprintKey: this.#fingerprintKey });
    this.#knownByComponent.set(component, { lookups, compiled });
    return compiled;
  }

  /** What is wrong with a Component by its own text. */
  findings(component: Component): readonly Finding[] {
    const known = this.#findingsByComponent.get(component);
    if (known !== undefined) return known;
    const findings = middlewareFindings(component);
    this.#findingsByComponent.set(component, findings);
    return findings;
  }
}

function isSame(a: Lookup, b: Lookup | undefined): boolean {
  return b !== undefined && isSameLookup(a, b);
}
