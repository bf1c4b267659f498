import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { FarpointProcess, type EndedProcess } from './farpoint-process.ts';

function run(argv: readonly string[], env: Record<string, string> = {}): Promise<EndedProcess> {
  return new FarpointProcess(argv, { env }).ended;
}

const manifest = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
  readonly version: string;
};

describe('farpoint', () => {
  test('without a command says on standard error what there is, and exits 2', async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: farpoint <command>');
  });

  test('refuses a command that it does not know', async () => {
    expect(await run(['oprator'])).toEqual({
      code: 2,
      stdout: '',
      stderr: '"oprator" is not a command of farpoint: give proxy or operator.\n',
    });
  });

  test.each([['--help'], ['-h'], ['help']])('%s prints the usage', async (argument) => {
    const { code, stdout, stderr } = await run([argument]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('proxy      run the proxy');
    expect(stdout).toContain('operator   compile');
  });
});

describe('farpoint proxy prints and exits 0', () => {
  test('its usage with --help, grouped, even beside mistakes', async () => {
    const { code, stdout, stderr } = await run(['proxy', '--bogus', '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const text of ['Application\n', '--app-id TEXT', '(or APP_ID)', 'DAPR_API_TOKEN', '--scheduler-job-streams']) {
      expect(stdout).toContain(text);
    }
  });

  test.each([['--version'], ['-version'], ['--version=true']])('its version with %s', async (argument) => {
    expect(await run(['proxy', argument])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  test('what it runs on with --build-info', async () => {
    const { code, stdout } = await run(['proxy', '--build-info']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Farpoint ${manifest.version}\nNode ${process.versions.node}, OpenSSL`);
  });
});

describe('farpoint proxy with wrong settings', () => {
  test('prints every mistake on standard error, one a line, and exits 2', async () => {
    const argv = ['proxy', '--app-prot', '80', '--enable-metrics', 'false', '--log-level=loud', '--max-body-size=4MB'];
    expect(await run(argv, { APP_PORT: 'http' })).toEqual({
      code: 2,
      stdout: '',
      stderr: [
        'farpoint proxy cannot start:',
        '  - --app-prot is not a flag: did you mean --app-port?',
        '  - "false" belongs to no flag: if it belongs to --enable-metrics, write --enable-metrics=false.',
        '  - --max-body-size: "4MB" will not do; give a size such as 4Mi, 64Ki or 10M.',
        '  - APP_PORT (environment): "http" will not do; give a port between 0 and 65535.',
        '  - --app-id is required: give the name of the application.',
        '  - --log-level: give debug, info, warn, error or fatal.',
        '`farpoint proxy --help` lists the flags.',
        '',
      ].join('\n'),
    });
  });

  test('says what kubernetes mode needs', async () => {
    const { code, stderr } = await run(['proxy', '--app-id=a', '--mode', 'kubernetes']);
    expect(code).toBe(2);
    expect(stderr).toContain(
      '--mode kubernetes needs --control-plane-address: give the host and port of the operator.',
    );
  });

  test('refuses a Configuration that is not there', async () => {
    const { code, stdout, stderr } = await run([
      'proxy',
      '--app-id=a',
      '--dapr-http-port=0',
      '--metrics-port=0',
      '--config=missing.yaml',
    ]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('missing.yaml') as string });
    // Said once, and not as a failure of the program.
    expect(stdout).not.toContain('ConfigError');
  });
});

describe('farpoint operator', () => {
  test('prints its usage with --help, and exits 0', async () => {
    const { code, stdout, stderr } = await run(['operator', '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const text of ['Kubernetes\n', '--watch-namespaces A,B', '--lease-duration DURATION', '(or POD_NAME)']) {
      expect(stdout).toContain(text);
    }
  });

  test('prints its version with --version', async () => {
    expect(await run(['operator', '--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  test('prints every mistake of its settings and exits 2', async () => {
    expect(await run(['operator', '--replica-nam=1', '--hold-off=2s'])).toEqual({
      code: 2,
      stdout: '',
      stderr: [
        'farpoint operator cannot start:',
        '  - --replica-nam is not a flag: did you mean --replica-name?',
        '  - --hold-off is longer than --max-hold-off: give less, or a longer --max-hold-off.',
        '`farpoint operator --help` lists the flags.',
        '',
      ].join('\n'),
    });
  });
});
