/** A user's mistake as a value: it ends as a condition, an event, a log line or a line of `lint`. */

/** Where a resource stands: `examples/resources/github.yaml:12`, or a Kubernetes object. */
export interface Subject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** File and line, or `''` when the resource has none. */
  readonly location: string;
}

export interface Problem {
  readonly subject: Subject;
  /** CamelCase, stable, as in a condition. */
  readonly reason: string;
  /** Says what, where, and what to do. Never holds a secret. */
  readonly message: string;
  /** `error`: the resource is refused. `warning`: it works, doubtfully. */
  readonly severity: 'error' | 'warning';
}
