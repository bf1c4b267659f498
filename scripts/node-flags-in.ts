/** The flags that a program asks node for in its first line. Pure. */

/** What `#!/usr/bin/env -S node …` passes on where the program is run by its name. */
export function nodeFlagsIn(text: string): readonly string[] {
  const [firstLine = ''] = text.split('\n', 1);
  return /^#!.* node (.*)$/.exec(firstLine)?.[1]?.split(' ') ?? [];
}
