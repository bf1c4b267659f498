#!/usr/bin/env -S node --max-semi-space-size=2 --no-concurrent-recompilation --expose-gc
/** The proxy alone, as a pod runs it: the entry of dist/proxy.js. Takes the flags of `farpoint proxy`. */
import { keepHeapSmall } from './keep-heap-small.ts';

keepHeapSmall();
const { runProxyCommand } = await import('./proxy-command.ts');
await runProxyCommand(process.argv.slice(2), process.env);
