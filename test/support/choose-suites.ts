/** Which suites of tests a run is for. */

export type Suite = 'main' | 'cluster' | 'system';

export interface SuiteChoice {
  readonly suites: readonly Suite[];
  /** Whether some were asked for, rather than all. */
  readonly isAskedFor: boolean;
}

/** `asked`: `''`, `cluster` (all that need an API server) or `system`; `only`: paths of tests, which are in one suite. */
export function chooseSuites(asked: string, only: string): SuiteChoice {
  const named = suiteOf(only);
  if (named !== null) return { suites: [named], isAskedFor: true };
  switch (asked) {
    case 'system':
      return { suites: ['system'], isAskedFor: true };
    case 'cluster':
      return { suites: only === '' ? ['cluster', 'system'] : ['cluster'], isAskedFor: true };
    default:
      return { suites: only === '' ? ['main', 'cluster', 'system'] : ['main'], isAskedFor: false };
  }
}

function suiteOf(path: string): Suite | null {
  for (const suite of ['cluster', 'system'] as const) {
    if (new RegExp(`^(\\./)?(test/)?${suite}(/|$)|/test/${suite}/`).test(path)) return suite;
  }
  return null;
}
