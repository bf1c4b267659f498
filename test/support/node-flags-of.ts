/** The flags that a program asks node for in its first line. */
import { readFileSync } from 'node:fs';

/** What `#!/usr/bin/env -S node …` passes on where the program is run by its name. */
export function nodeFlagsOf(program: string): readonly string[] {
  const [firstLine = ''] = readFileSync(program, 'utf8').split('\n', 1);
  return /^#!.* node (.*)$/.exec(firstLine)?.[1]?.split(' ') ?? [];
}
