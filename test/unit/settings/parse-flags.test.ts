import { describe, expect, test } from 'vitest';
import type { Flag } from '#shared/settings/flag.ts';
import { parseFlags } from '#shared/settings/parse-flags.ts';

const base = { group: 'API', text: '', env: '' } as const;
const flags = [
  { ...base, name: 'name', kind: 'text', default: 'none', env: 'NAME' },
  { ...base, name: 'paths', kind: 'list', default: 'here' },
  { ...base, name: 'loud', kind: 'boolean', default: 'false' },
  { ...base, name: 'tri', kind: 'boolean', default: null },
  { ...base, name: 'port', kind: 'port', default: '3500' },
  { ...base, name: 'count', kind: 'integer', default: '-1' },
  { ...base, name: 'help', kind: 'boolean', default: 'false' },
] as const satisfies readonly Flag[];

function parse(
  argv: readonly string[],
  env: Record<string, string> = {},
): ReturnType<typeof parseFlags<(typeof flags)[number]>> {
  return parseFlags(argv, env, flags);
}

describe('parseFlags', () => {
  test('fills in the defaults', () => {
    expect(parse([]).values).toEqual({
      name: 'none',
      paths: ['here'],
      loud: false,
      tri: null,
      port: 3500,
      count: -1,
      help: false,
    });
  });

  test.each([[['-name', 'x']], [['--name', 'x']], [['-name=x']], [['--name=x']]])(
    'takes %j, one dash or two',
    (argv) => {
      expect(parse(argv)).toMatchObject({ values: { name: 'x' }, mistakes: [] });
    },
  );

  test('keeps everything after the first equals sign', () => {
    expect(parse(['--name=a=b']).values.name).toBe('a=b');
  });

  test('takes a value that starts with a dash', () => {
    expect(parse(['--count', '-5', '--name', '-x'])).toMatchObject({ values: { count: -5, name: '-x' }, mistakes: [] });
  });

  test('counts the last one when a flag is repeated', () => {
    expect(parse(['--name', 'a', '--name', 'b', '--loud', '--loud=false']).values).toMatchObject({
      name: 'b',
      loud: false,
    });
  });

  test('appends to a list, whose default the first one replaces', () => {
    expect(parse(['--paths', 'a,b', '--paths=c']).values.paths).toEqual(['a', 'b', 'c']);
  });

  test('tells an absent boolean from a false one', () => {
    expect(parse(['--tri=false']).values.tri).toBe(false);
    expect(parse(['--tri']).values.tri).toBe(true);
    expect(parse([]).values.tri).toBeNull();
  });

  test('takes an empty port as none', () => {
    expect(parse(['--port=']).values.port).toBeNull();
  });

  test('takes -h for help', () => {
    expect(parse(['-h']).values.help).toBe(true);
  });

  test('reads the environment only when the flag is absent, and not when it is empty', () => {
    expect(parse([], { NAME: 'env' }).values.name).toBe('env');
    expect(parse(['--name=flag'], { NAME: 'env' }).values.name).toBe('flag');
    expect(parse([], { NAME: '' }).values.name).toBe('none');
  });

  test('names which flags were given, not those of the environment', () => {
    expect([...parse(['-loud', '--port', '1'], { NAME: 'x' }).given]).toEqual(['loud', 'port']);
  });

  test.each([
    [['--nam=x'], '--nam is not a flag: did you mean --name?'],
    [['--zzzzzz'], '--zzzzzz is not a flag: `--help` lists the flags.'],
    [['--port', 'x'], '--port: "x" will not do; give a port between 0 and 65535.'],
    [['--port', '65536'], '--port: "65536" will not do; give a port between 0 and 65535.'],
    [['--port', '-1'], '--port: "-1" will not do; give a port between 0 and 65535.'],
    [['--count', '1.5'], '--count: "1.5" will not do; give a whole number.'],
    [['--count', '010'], '--count: "010" will not do; give a whole number.'],
    [['--loud=yes'], '--loud: "yes" will not do; give true or false.'],
    [['--port'], '--port needs a value: write --port=PORT.'],
    [['--name', '--port', '1'], '--name needs a value: write --name=TEXT.'],
    [['--loud', 'false'], '"false" belongs to no flag: if it belongs to --loud, write --loud=false.'],
    [['word'], '"word" belongs to no flag: every argument starts with --name.'],
    [['--'], '"--" belongs to no flag: every argument starts with --name.'],
    [['--paths="a'], '--paths: "\\"a" will not do; give values separated by commas.'],
  ])('refuses %j', (argv, sentence) => {
    expect(parse(argv).mistakes).toEqual([sentence]);
  });

  test('names the variable when the environment is wrong', () => {
    const portFlag = [{ ...base, name: 'port', kind: 'port', default: null, env: 'PORT' }] as const;
    expect(parseFlags([], { PORT: 'abc' }, portFlag).mistakes).toEqual([
      'PORT (environment): "abc" will not do; give a port between 0 and 65535.',
    ]);
  });

  test('reports every mistake at once, the value of an unknown flag not among them', () => {
    expect(parse(['--who', 'me', '--port', 'x', 'word', '--count='])).toMatchObject({ mistakes: { length: 4 } });
  });

  test('shortens what it quotes', () => {
    const [mistake = ''] = parse(['--port', '9'.repeat(100_000)]).mistakes;
    expect(mistake.length).toBeLessThan(200);
  });
});
