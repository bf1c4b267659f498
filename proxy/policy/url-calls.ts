/** `--url-calls`: whether callers may name a URL where there is no HTTPEndpoint for it. */
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { UrlCalls } from '#shared/settings/url-calls.ts';

/** Throws ProxyError when URLs are not to be called. The origin names no user. */
export function checkUrlCall(origin: string, urlCalls: UrlCalls): void {
  if (urlCalls === 'allow') return;
  throw new ProxyError(
    'url-denied',
    `URLs may not be called here; make an HTTPEndpoint for ${origin} and call it by its name`,
  );
}
