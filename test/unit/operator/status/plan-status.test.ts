import { describe, expect, test } from 'vitest';
import { presentStatusOf, type ConditionState, type PresentStatus } from '../../../../operator/status/condition.ts';
import { planStatus, type StatusPlan, type WantedStatus } from '../../../../operator/status/plan-status.ts';
import { kubeObject } from '../../../support/kube-objects.ts';

const laterMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const later = '2026-01-02T03:04:05Z';
const earlier = '2026-01-01T00:00:00Z';

const accepted: ConditionState = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'fine' };
const programmed: ConditionState = { type: 'Programmed', status: 'True', reason: 'Programmed', message: '3 of 3' };
const pending: ConditionState = { ...programmed, status: 'False', reason: 'Pending', message: '2 of 3' };
const conflicted: ConditionState = { type: 'Conflicted', status: 'True', reason: 'AppWithSameName', message: 'app' };

function wanted(different: Partial<WantedStatus> = {}): WantedStatus {
  return { generation: 1, proxies: '3/3', states: [accepted, programmed], ...different };
}

/** As it stands after `status` was written at the time `earlier`. */
function written(status: WantedStatus): PresentStatus {
  const conditions = status.states.map((state) => ({
    ...state,
    observedGeneration: status.generation,
    lastTransitionTime: earlier,
  }));
  return { observedGeneration: status.generation, proxies: status.proxies, conditions };
}

function plan(to: WantedStatus, from: PresentStatus): StatusPlan {
  return planStatus(to, from, laterMs);
}

describe('a plan', () => {
  test('writes everything where nothing stands', () => {
    const { status, urgency, changes } = plan(wanted(), presentStatusOf(kubeObject('a')));
    expect(urgency).toBe('now');
    expect(status.observedGeneration).toBe(1);
    expect(status.conditions.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([later, later]);
    expect(changes).toEqual([
      { before: null, after: accepted },
      { before: null, after: programmed },
    ]);
  });

  test('is to do nothing when it says so already, whenever it was said', () => {
    expect(plan(wanted(), written(wanted()))).toMatchObject({ urgency: 'none', changes: [] });
  });

  test('keeps the transition time of a condition whose status stays', () => {
    const to = wanted({ generation: 2, states: [{ ...accepted, reason: 'Other', message: 'new' }, pending] });
    const { status, changes } = plan(to, written(wanted()));
    expect(status.conditions.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([earlier, later]);
    expect(status.conditions.map(({ observedGeneration }) => observedGeneration)).toEqual([2, 2]);
    expect(changes.map(({ after }) => after?.type)).toEqual(['Accepted', 'Programmed']);
  });

  test('is no change of a condition when only its message or generation is another', () => {
    const to = wanted({ generation: 2, states: [{ ...accepted, message: 'other words' }, programmed] });
    expect(plan(to, written(wanted()))).toMatchObject({ urgency: 'now', changes: [] });
  });

  test.each([
    ['one proxy more', { proxies: '4/4' }],
    ['one proxy is behind', { proxies: '2/3', states: [accepted, pending] }],
  ])('may wait when only counts differ: %s', (_what, different) => {
    expect(plan(wanted(different), written(wanted()))).toMatchObject({ urgency: 'later' });
  });

  test.each<[string, WantedStatus, WantedStatus]>([
    ['the last proxy has it', wanted({ proxies: '2/3', states: [accepted, pending] }), wanted()],
    ['the generation', wanted(), wanted({ generation: 2 })],
    ['another condition', wanted(), wanted({ states: [{ ...accepted, status: 'False' }, pending] })],
    ['a condition comes', wanted(), wanted({ states: [accepted, programmed, conflicted] })],
    ['a condition goes', wanted({ states: [accepted, programmed, conflicted] }), wanted()],
  ])('does not wait otherwise: %s', (_what, from, to) => {
    expect(plan(to, written(from))).toMatchObject({ urgency: 'now' });
  });

  test('says that a condition is gone', () => {
    const { status, changes } = plan(wanted(), written(wanted({ states: [accepted, programmed, conflicted] })));
    expect(status.conditions.map(({ type }) => type)).toEqual(['Accepted', 'Programmed']);
    expect(changes).toMatchObject([{ before: conflicted, after: null }]);
  });
});

describe('a present status', () => {
  test('leaves out conditions of others', () => {
    const status = { observedGeneration: 4, proxies: '1/2', conditions: [{ type: 'Ready', status: 'True' }] };
    expect(presentStatusOf(kubeObject('a', {}, { status }))).toEqual({
      observedGeneration: 4,
      proxies: '1/2',
      conditions: [],
    });
  });

  test.each([
    ['no map', 'x'],
    ['conditions that are no list', { conditions: { type: 'Accepted' } }],
    [
      'fields of other kinds',
      { observedGeneration: '1', proxies: 3, conditions: [{ type: 'Accepted', status: 1 }, 7] },
    ],
  ])('of %s is mended', (_what, status) => {
    const present = presentStatusOf(kubeObject('a', {}, { status }));
    expect(plan(wanted(), present)).toMatchObject({ urgency: 'now' });
  });
});
