/** /farpoint/proxy.js of the proxy's image. Takes the flags of `farpoint proxy`. */
import { keepHeapSmall } from '../../cli/keep-heap-small.ts';
import type * as ProxyCommand from '../../cli/proxy-command.ts';
import { readScript, runScript } from './compiled-script.ts';

// First: V8 takes compiled code only under the flags that it was compiled under.
keepHeapSmall();
const { runProxyCommand } = runScript(readScript(__dirname, 'proxy', 'compiled'), require) as typeof ProxyCommand;
void runProxyCommand(process.argv.slice(2), process.env);
