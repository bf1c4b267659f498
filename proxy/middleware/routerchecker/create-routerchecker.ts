/** `middleware.http.routerchecker`: paths that do not match the rule are answered with 400 (spec/policy.md §4). */
import { parseRouterCheckerSettings } from '#shared/middleware/router-checker-settings.ts';
import type { ReadyMiddleware } from '#shared/table/middleware.ts';
import type { Middleware } from '../middleware.ts';
import { textReply } from '../text-reply.ts';
import { usableSettings } from '../usable-settings.ts';

export async function createRouterchecker(entry: ReadyMiddleware): Promise<Middleware> {
  const { rule } = usableSettings(parseRouterCheckerSettings(entry.settings));
  const refusal = textReply(400, 'invalid router');
  return {
    handle: ({ path, search }) => (rule.test(path + search) ? null : refusal),
    close: () => undefined,
  };
}
