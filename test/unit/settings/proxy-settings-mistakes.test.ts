import { describe, expect, test } from 'vitest';
import { ConfigError } from '#shared/errors/config-error.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';

function mistakesIn(argv: readonly string[]): readonly string[] {
  try {
    proxySettingsFrom(argv, {});
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('mistakes', () => {
  test.each([
    [[], '--app-id is required: give the name of the application.'],
    [['--app-id='], '--app-id is required: give the name of the application.'],
    [['--app-id=a.b'], '--app-id cannot contain dots: give a name without them.'],
    [['--app-id=a/b'], '--app-id cannot contain spaces, slashes or control characters.'],
    [['--app-id=a', '--mode=x'], '--mode: give standalone or kubernetes.'],
    [['--app-id=a', '--app-protocol=ftp'], '--app-protocol: give http, https, h2c, grpc or grpcs.'],
    [['--app-id=a', '--url-calls=no'], '--url-calls: give allow or deny.'],
    [['--app-id=a', '--log-level=loud'], '--log-level: give debug, info, warn, error or fatal.'],
    [
      ['--app-id=a', '--app-port=3500'],
      '--app-port and --dapr-http-port are both 3500: give the application a port of its own.',
    ],
    [
      ['--app-id=a', '--app-port=50001'],
      '--app-port and --dapr-grpc-port are both 50001: give the application a port of its own.',
    ],
    [
      ['--app-id=a', '--app-port=9090'],
      '--app-port and --metrics-port are both 9090: give the application a port of its own.',
    ],
    [
      ['--app-id=a', '--max-body-size=-2'],
      '--max-body-size: give a size of 0 (no limit) or more, or -1 for the default.',
    ],
    [
      ['--app-id=a', '--max-body-size=4MB'],
      '--max-body-size: "4MB" will not do; give a size such as 4Mi, 64Ki or 10M.',
    ],
    [['--app-id=a', '--header-timeout=0'], '--header-timeout: give a duration of more than 0.'],
    [
      ['--app-id=a', '--header-timeout=5'],
      '--header-timeout: "5" will not do; give a duration such as 500ms, 10s or 1m30s.',
    ],
    [
      ['--app-id=a', '--idle-timeout=9999h'],
      '--idle-timeout: "9999h" will not do; give a duration such as 500ms, 10s or 1m30s.',
    ],
    [['--app-id=a', '--max-connections=0'], '--max-connections: give a number of 1 or more.'],
    [['--app-id=a', '--dapr-listen-addresses=a b'], '--dapr-listen-addresses: give host names or IP addresses.'],
    [
      ['--app-id=a', '--dapr-block-shutdown-duration=-1s'],
      '--dapr-block-shutdown-duration: give a duration of 0 or more.',
    ],
    [['--app-id=a', '--scheduler-job-streams=x'], '--scheduler-job-streams: "x" will not do; give a whole number.'],
  ])('%j', (argv, sentence) => {
    expect(mistakesIn(argv)).toEqual([sentence]);
  });

  test('of the health check count only when it is on', () => {
    const bad = [
      '--app-id=a',
      '--app-health-probe-interval=0',
      '--app-health-probe-timeout=0',
      '--app-health-threshold=0',
    ];
    expect(mistakesIn(bad)).toEqual([]);
    expect(mistakesIn([...bad, '--enable-app-health-check'])).toEqual([
      '--app-health-probe-interval: give seconds, from 1 to 86400.',
      '--app-health-probe-timeout: give milliseconds, more than 0.',
      '--app-health-threshold: give a number of probes, 1 or more.',
    ]);
  });

  test('a probe may not take longer than the interval', () => {
    const argv = ['--app-id=a', '--enable-app-health-check', '--app-health-probe-interval=1'];
    expect(mistakesIn([...argv, '--app-health-probe-timeout=1000'])).toEqual([]);
    expect(mistakesIn([...argv, '--app-health-probe-timeout=1001'])).toEqual([
      '--app-health-probe-timeout (1001 ms) is longer than --app-health-probe-interval (1 s): give less.',
    ]);
  });

  test('two listeners of the proxy may not share a port, unless it is 0', () => {
    const argv = ['--app-id=a', '--dapr-http-port=3501', '--dapr-public-port=3501', '--metrics-port=3501'];
    expect(mistakesIn(argv)).toEqual([
      '--dapr-http-port and --dapr-public-port are both 3501: give each a port of its own.',
      '--dapr-http-port and --metrics-port are both 3501: give each a port of its own.',
      '--dapr-public-port and --metrics-port are both 3501: give each a port of its own.',
    ]);
    expect(mistakesIn(argv.map((argument) => argument.replace('3501', '0')))).toEqual([]);
  });

  test('metrics may share a port with the application when they are off', () => {
    expect(mistakesIn(['--app-id=a', '--app-port=9090', '--enable-metrics=false'])).toEqual([]);
  });

  test('are reported all at once, those of the parser and those of the rules', () => {
    const argv = [
      '--bogus',
      '--mode=cluster',
      '--app-protocol=ftp',
      '--dapr-http-port=x',
      '--max-connections=0',
      '--app-port=50001',
    ];
    expect(mistakesIn(argv)).toEqual([
      '--bogus is not a flag: `--help` lists the flags.',
      '--dapr-http-port: "x" will not do; give a port between 0 and 65535.',
      '--mode: give standalone or kubernetes.',
      '--app-id is required: give the name of the application.',
      '--app-protocol: give http, https, h2c, grpc or grpcs.',
      '--max-connections: give a number of 1 or more.',
      '--app-port and --dapr-grpc-port are both 50001: give the application a port of its own.',
    ]);
  });
});
