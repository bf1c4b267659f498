/** What the status of an object should say against what it says: what to write, how soon, and what changes by it. Pure. */
import type { Condition, ConditionState, ObjectStatus, PresentStatus } from './condition.ts';

export interface StatusPlan {
  readonly status: ObjectStatus;
  /** Whose status or reason becomes another, or which comes or goes. */
  readonly changes: readonly ConditionChange[];
  /**
   * `none`: it says so already. `later`: only the counts of proxies differ and nothing got better; pods come and go, and most
   * such differences are gone by themselves after some seconds. `now`: anything else.
   */
  readonly urgency: 'none' | 'later' | 'now';
}

export interface ConditionChange {
  readonly before: ConditionState | null;
  readonly after: ConditionState | null;
}

export interface WantedStatus {
  readonly generation: number;
  /** `''`: the kind has no such field. */
  readonly proxies: string;
  readonly states: readonly ConditionState[];
}

/** Compares. `nowMs` since 1970 becomes the transition time of what changes. */
export function planStatus(wanted: WantedStatus, present: PresentStatus, nowMs: number): StatusPlan {
  const presentByType = new Map(present.conditions.map((condition) => [condition.type, condition]));
  const conditions = wanted.states.map((state): Condition => {
    const former = presentByType.get(state.type);
    const isSame = former?.status === state.status && former.lastTransitionTime !== '';
    const lastTransitionTime = isSame ? former.lastTransitionTime : timestampFrom(nowMs);
    return { ...state, observedGeneration: wanted.generation, lastTransitionTime };
  });
  const status = { observedGeneration: wanted.generation, proxies: wanted.proxies, conditions };
  return { status, changes: changesBetween(present, wanted.states), urgency: urgencyOf(status, present) };
}

/** What to tell where nothing but Events says it: other words are news too, other counts of proxies are not. */
export function newsIn(states: readonly ConditionState[], present: PresentStatus): readonly ConditionChange[] {
  const isOther = (before: ConditionState, after: ConditionState): boolean =>
    after.type !== 'Programmed' && before.message !== after.message;
  return changesBetween(present, states, isOther);
}

/** RFC 3339 in whole seconds, as the API server keeps it. */
function timestampFrom(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

function changesBetween(
  present: PresentStatus,
  states: readonly ConditionState[],
  isOther: (before: ConditionState, after: ConditionState) => boolean = () => false,
): readonly ConditionChange[] {
  const changes: ConditionChange[] = [];
  for (const after of states) {
    const before = present.conditions.find(({ type }) => type === after.type) ?? null;
    const isSame = before?.status === after.status && before.reason === after.reason && !isOther(before, after);
    if (!isSame) changes.push({ before, after });
  }
  for (const before of present.conditions) {
    if (!states.some(({ type }) => type === before.type)) changes.push({ before, after: null });
  }
  return changes;
}

function urgencyOf(status: ObjectStatus, present: PresentStatus): StatusPlan['urgency'] {
  const presentByType = new Map(present.conditions.map((condition) => [condition.type, condition]));
  const different = status.conditions.filter((condition) => !isEqual(condition, presentByType.get(condition.type)));
  const hasSameTypes =
    present.conditions.length === status.conditions.length && presentByType.size === status.conditions.length;
  const isSameGeneration = status.observedGeneration === present.observedGeneration;
  if (!hasSameTypes || !isSameGeneration) return 'now';
  if (different.length === 0) return status.proxies === present.proxies ? 'none' : 'later';
  const isAboutCounts = different.every(
    ({ type, observedGeneration }) =>
      type === 'Programmed' && presentByType.get(type)?.observedGeneration === observedGeneration,
  );
  const isBetter = different.some((condition) => condition.status === 'True' && becameTrue(condition, presentByType));
  return isAboutCounts && !isBetter ? 'later' : 'now';
}

function becameTrue({ type }: Condition, presentByType: ReadonlyMap<string, Condition>): boolean {
  return presentByType.get(type)?.status !== 'True';
}

function isEqual(a: Condition, b: Condition | undefined): boolean {
  return (
    b !== undefined &&
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration &&
    a.lastTransitionTime === b.lastTransitionTime
  );
}
