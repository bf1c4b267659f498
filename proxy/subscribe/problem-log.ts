/** Says each problem once, and once more when it is over. */
import type { Problem } from '#shared/errors/problem.ts';
import type { Logger } from '#shared/logger/logger.ts';

export class ProblemLog {
  readonly #logger: Logger;
  #knownByKey: ReadonlyMap<string, Problem> = new Map();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Takes all problems that there are now. */
  report(problems: readonly Problem[]): void {
    const byKey = new Map(problems.map((problem) => [keyOf(problem), problem]));
    for (const [key, problem] of byKey) {
      if (this.#knownByKey.has(key)) continue;
      if (problem.severity === 'error') this.#logger.error('a resource has a problem', fieldsOf(problem));
      else this.#logger.warn('a resource has a problem', fieldsOf(problem));
    }
    for (const [key, problem] of this.#knownByKey) {
      if (!byKey.has(key)) this.#logger.info('a problem of a resource is over', fieldsOf(problem));
    }
    this.#knownByKey = byKey;
  }
}

/** Without the location: a line that moves is no new problem. */
function keyOf({ subject, reason, message }: Problem): string {
  const place = subject.name === '' ? subject.location : '';
  return JSON.stringify([subject.kind, subject.namespace, subject.name, place, reason, message]);
}

function fieldsOf({ subject, reason, message }: Problem): Readonly<Record<string, string>> {
  return {
    reason,
    problem: message,
    ...(subject.kind === '' ? {} : { kind: subject.kind }),
    ...(subject.name === '' ? {} : { name: subject.name }),
    ...(subject.namespace === '' ? {} : { namespace: subject.namespace }),
    ...(subject.location === '' ? {} : { location: subject.location }),
  };
}
