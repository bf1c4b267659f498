#!/usr/bin/env -S node --max-semi-space-size=2 --no-concurrent-recompilation --expose-gc
/** `farpoint <command>`: finds the command and loads only that one. */
import { keepHeapSmall } from './keep-heap-small.ts';
import { print, printError } from './print.ts';
import { version } from './version.ts';

const usage = `farpoint ${version}: call any HTTP endpoint by name.

Usage: farpoint <command> [flags]

  proxy      run the proxy beside an application; takes daprd's flags
  operator   compile what a Kubernetes cluster holds and push it to the proxies

\`farpoint <command> --help\` says more.
`;

const [command = '', ...argv] = process.argv.slice(2);

switch (command) {
  case 'proxy': {
    keepHeapSmall();
    const { runProxyCommand } = await import('./proxy-command.ts');
    await runProxyCommand(argv, process.env);
    break;
  }
  case 'operator': {
    const { runOperatorCommand } = await import('./operator-command.ts');
    await runOperatorCommand(argv, process.env);
    break;
  }
  case 'help':
  case '--help':
  case '-h':
    print(usage);
    break;
  case '--version':
    print(`${version}\n`);
    break;
  default:
    printError(
      command === '' ? usage : `"${command.slice(0, 100)}" is not a command of farpoint: give proxy or operator.\n`,
    );
    process.exitCode = 2;
}
