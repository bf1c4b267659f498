/** Tables of flags as `--help` shows them: by group, with defaults and environment variables. Pure. */
import type { Flag } from './flag.ts';
import type { FlagKind } from './flag-value.ts';

const placeholders: Readonly<Record<FlagKind, string>> = {
  text: 'TEXT',
  list: 'A,B',
  boolean: '',
  integer: 'NUMBER',
  port: 'PORT',
  bytes: 'SIZE',
  ms: 'DURATION',
};
const columnWidth = 44;

/** One text for each group, its name above the flags. */
export function flagLinesByGroup(flags: readonly Flag[]): readonly string[] {
  const groups = Map.groupBy(flags, ({ group }) => group);
  return [...groups].map(([group, members]) => `${group}\n${members.map(flagLine).join('')}`);
}

function flagLine(flag: Flag): string {
  const placeholder = placeholders[flag.kind];
  const name = `  --${flag.name}${placeholder === '' ? '' : ` ${placeholder}`}`;
  const isPlain = flag.default === null || flag.default === '' || flag.default === 'false';
  const facts = [isPlain ? '' : flag.default, flag.env === '' ? '' : `or ${flag.env}`].filter((fact) => fact !== '');
  return `${name.padEnd(columnWidth)} ${flag.text}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}\n`;
}
