/**
 * argv and environment -> one value for each flag, as pflag does it in daprd: `--name value`, `--name=value`, one dash
 * or two, a boolean alone means true, lists may be repeated, of anything else the last one counts. Pure.
 */
import type { Flag } from './flag.ts';
import { readFlagValue, type FlagKind, type FlagValue, type FlagValueByKind } from './flag-value.ts';
import { nearestName } from './nearest-name.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The values by flag, defaults filled in. A flag whose default is `null` may be `null`. */
export type FlagValues<F extends Flag> = {
  readonly [Name in F['name']]: ValueOf<Extract<F, { name: Name }>>;
};

type ValueOf<F extends Flag> = FlagValueByKind[F['kind']] | (null extends F['default'] ? null : never);

export interface ParsedFlags<F extends Flag> {
  readonly values: FlagValues<F>;
  /** The names that argv holds, without dashes. */
  readonly given: ReadonlySet<string>;
  /** Every mistake as a sentence: what, where, what to do. */
  readonly mistakes: readonly string[];
}

interface Given {
  readonly flag: Flag;
  /** As people see it: `--app-port`, `APP_PORT (environment)`. */
  readonly origin: string;
  readonly text: string;
}

/** Reads every flag of the table. Never throws: what is wrong is in `mistakes`, and its default in `values`. */
export function parseFlags<F extends Flag>(
  argv: readonly string[],
  env: Environment,
  flags: readonly F[],
): ParsedFlags<F> {
  const { given, mistakes } = splitArguments(argv, flags);
  const namesGiven = new Set(given.map(({ flag }) => flag.name));
  const fromEnvironment = flags
    .filter(({ name }) => !namesGiven.has(name))
    .flatMap((flag) => givenByEnvironment(flag, env));
  const values = new Map<string, FlagValue | null>(flags.map((flag) => [flag.name, defaultOf(flag)]));
  const lists = new Set<string>();
  for (const { flag, origin, text } of [...given, ...fromEnvironment]) {
    const result = readFlagValue(flag.kind, text);
    if ('expected' in result) {
      mistakes.push(`${origin}: ${quoted(text)} will not do; give ${result.expected}.`);
    } else if (typeof result.value === 'object' && lists.has(flag.name)) {
      values.set(flag.name, [...asList(values.get(flag.name)), ...asList(result.value)]);
    } else {
      values.set(flag.name, result.value);
      lists.add(flag.name);
    }
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value was read by the kind of its flag
  return { values: Object.fromEntries(values) as FlagValues<F>, given: namesGiven, mistakes };
}

function splitArguments(argv: readonly string[], flags: readonly Flag[]): { given: Given[]; mistakes: string[] } {
  const flagsByName = new Map(flags.map((flag) => [flag.name, flag]));
  const given: Given[] = [];
  const mistakes: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    const match = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument);
    if (match === null) {
      mistakes.push(unexpectedArgument(argument, given.at(-1)));
      continue;
    }
    const name = match[1] === 'h' ? 'help' : (match[1] ?? '');
    const flag = flagsByName.get(name);
    const next = argv[index + 1];
    if (flag === undefined) {
      mistakes.push(unknownFlag(name, [...flagsByName.keys()]));
      // What follows an unknown flag without a dash is most likely its value.
      if (match[2] === undefined && next !== undefined && !next.startsWith('-')) index++;
    } else if (match[2] !== undefined || flag.kind === 'boolean') {
      given.push({ flag, origin: `--${name}`, text: match[2] ?? 'true' });
    } else if (next === undefined || flagsByName.has(nameOf(next))) {
      mistakes.push(`--${name} needs a value: write --${name}=${placeholder[flag.kind]}.`);
    } else {
      given.push({ flag, origin: `--${name}`, text: next });
      index++;
    }
  }
  return { given, mistakes };
}

const placeholder: Readonly<Record<FlagKind, string>> = {
  text: 'TEXT',
  list: 'A,B',
  boolean: 'true',
  integer: 'NUMBER',
  port: 'PORT',
  bytes: 'SIZE',
  ms: 'DURATION',
};

/** The flag that an argument of two dashes names, to notice `--app-port --app-id x`. */
function nameOf(argument: string): string {
  return /^--([^=]+)/.exec(argument)?.[1] ?? '';
}

function unknownFlag(name: string, names: readonly string[]): string {
  const nearest = nearestName(name.slice(0, 64), names);
  const advice = nearest === null ? '`--help` lists the flags' : `did you mean --${nearest}?`;
  return `--${shortened(name)} is not a flag: ${advice}${nearest === null ? '.' : ''}`;
}

function unexpectedArgument(argument: string, before: Given | undefined): string {
  const advice =
    before?.flag.kind === 'boolean'
      ? `if it belongs to ${before.origin}, write ${before.origin}=${shortened(argument)}.`
      : 'every argument starts with --name.';
  return `${quoted(argument)} belongs to no flag: ${advice}`;
}

/** An empty variable is as good as none. */
function givenByEnvironment(flag: Flag, env: Environment): Given[] {
  const text = flag.env === '' ? undefined : env[flag.env];
  return text === undefined || text === '' ? [] : [{ flag, origin: `${flag.env} (environment)`, text }];
}

function defaultOf(flag: Flag): FlagValue | null {
  if (flag.default === null) return null;
  const result = readFlagValue(flag.kind, flag.default);
  return 'value' in result ? result.value : null;
}

function asList(value: FlagValue | null | undefined): readonly string[] {
  return typeof value === 'object' && value !== null ? value : [];
}

function quoted(text: string): string {
  return JSON.stringify(shortened(text));
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 97)}...`;
}
