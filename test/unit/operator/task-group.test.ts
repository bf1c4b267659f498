import { describe, expect, test } from 'vitest';
import { LeaderTasks } from '../../../operator/leader-tasks.ts';
import { TaskGroup } from '../../../operator/task-group.ts';

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('tasks', () => {
  test('end together, also those that others start at the end', async () => {
    const ended: string[] = [];
    const tasks = new TaskGroup({ onFailed: () => undefined });
    tasks.add('first', async (signal) => {
      await untilAborted(signal);
      tasks.add('late', async () => {
        await turn();
        ended.push('late');
      });
      ended.push('first');
    });
    tasks.add('short', () => Promise.resolve());
    await tasks.end();
    expect(ended).toEqual(['first', 'late']);
  });

  test('tell of the first failure alone, and of none at the end', async () => {
    const failures: string[] = [];
    const tasks = new TaskGroup({ onFailed: (name, error) => failures.push(`${name}: ${String(error)}`) });
    tasks.add('good', untilAborted);
    tasks.add('bad', () => Promise.reject(new Error('broken')));
    await turn();
    tasks.add('worse', () => Promise.reject(new Error('broken, too')));
    tasks.add('late', async (signal) => {
      await untilAborted(signal);
      throw new Error('at the end');
    });
    await turn();
    await tasks.end();
    expect(failures).toEqual(['bad: Error: broken']);
  });
});

describe('what only the leader does', () => {
  test('runs once for each term', async () => {
    const events: string[] = [];
    const tasks = new TaskGroup({ onFailed: () => events.push('failed') });
    let terms = 0;
    const leader = new LeaderTasks({
      tasks,
      runs: {
        work: async (signal) => {
          terms += 1;
          const term = terms;
          events.push(`begin ${term}`);
          await untilAborted(signal);
          events.push(`end ${term}`);
        },
      },
    });
    for (const isLeading of [false, true, true, false, false, true]) {
      leader.setLeading(isLeading);
      await turn();
    }
    await tasks.end();
    expect(events).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
  });

  test('may leave things undone when the term is over, but not before', async () => {
    const failures: string[] = [];
    const tasks = new TaskGroup({ onFailed: (name) => failures.push(name) });
    const leader = new LeaderTasks({
      tasks,
      runs: {
        work: async (signal) => {
          await untilAborted(signal);
          throw new Error('half done');
        },
      },
    });
    leader.setLeading(true);
    leader.setLeading(false);
    await turn();
    expect(failures).toEqual([]);
    const other = new LeaderTasks({ tasks, runs: { broken: () => Promise.reject(new Error('broken')) } });
    other.setLeading(true);
    await turn();
    await tasks.end();
    expect(failures).toEqual(['broken']);
  });
});
