/** How many connected proxies may use each endpoint, and how many have said that they use its present revision. */

export interface ProgrammedCount {
  /** Connected proxies that the endpoint is for. */
  readonly entitled: number;
  /** Of these, the ones whose acknowledged table holds the present revision. */
  readonly programmed: number;
}

/** By endpoint, as `namespace/name`. */
export interface ProgrammedCounts {
  countFor(endpoint: string): ProgrammedCount;
  /** Calls back with endpoints whose counts may have changed, at most twice a second. Returns the way to stop. */
  onChanged(listener: (endpoints: ReadonlySet<string>) => void): () => void;
}
