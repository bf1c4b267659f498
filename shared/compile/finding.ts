/** What a step of compile has to say about the endpoint at hand. It becomes a Problem once the subject is known. */
export interface Finding {
  /** CamelCase, as in a condition. */
  readonly reason: string;
  /** Never holds a secret. */
  readonly message: string;
  /** `error`: the endpoint is refused. */
  readonly severity: 'error' | 'warning';
  /** `reference`: about what the resource refers to; it may come and go while the resource stays as it is. */
  readonly origin: 'spec' | 'reference';
}

/** Takes findings in the order in which they are made. */
export type Note = (finding: Finding) => void;
