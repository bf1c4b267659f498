/** What the API server leaves out is what the injector leaves alone. */
import { describe, expect, test } from 'vitest';
import { injectorMatchConditions } from '../../../../operator/admission/match-conditions.ts';
import { PodAnnotations } from '../../../../operator/inject/pod-annotations.ts';

describe('the condition of the injector', () => {
  test('names every prefix, ours always, each once', () => {
    const [condition] = injectorMatchConditions(['dapr.io', 'example.com']);
    expect(condition?.expression).toContain(
      "['dapr.io/enabled', 'example.com/enabled', 'farpoint.dev/enabled'].exists(",
    );
    expect(injectorMatchConditions(['farpoint.dev'])[0]?.expression).toContain("['farpoint.dev/enabled'].exists(");
  });

  test('leaves out exactly what asks for no proxy', () => {
    const [condition] = injectorMatchConditions([]);
    const list = /lowerAscii\(\) in \[(.*)\]\)/.exec(condition?.expression ?? '')?.[1] ?? '';
    const leftOut = list.split(', ').map((text) => text.slice(1, -1));
    const texts = ['', '0', '00', 'f', 'false', 'n', 'no', 'off', 'none', 'never', 'y', 'yes', 'true', 'on', '1', '2'];
    const isNo = (text: string): boolean =>
      new PodAnnotations(new Map([['farpoint.dev/enabled', text]]), ['farpoint.dev']).boolean('enabled') === false;
    expect(leftOut.toSorted()).toEqual(texts.filter(isNo).toSorted());
  });
});
