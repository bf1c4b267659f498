/** The flags that a program asks node for in its first line. */
import { readFileSync } from 'node:fs';
import { nodeFlagsIn } from '../../scripts/node-flags-in.ts';

/** Reads the program. */
export function nodeFlagsOf(program: string): readonly string[] {
  return nodeFlagsIn(readFileSync(program, 'utf8'));
}
