/** What a key of `spec.targets.apps` stands for. Pure. */
import { parseBaseUrl } from '../table/base-url.ts';

export type TargetKey =
  /** An app id, `app.namespace`, the name of an HTTPEndpoint, or a URL with a path: equal text only. */
  | { readonly kind: 'exact' }
  /** `https://host:8443`: every URL of that origin. */
  | { readonly kind: 'origin'; readonly origin: string }
  /** `*.example.com`: every URL whose host ends in the suffix, with at least one label more. */
  | {
      readonly kind: 'pattern';
      /** `example.com`, lower case. */
      readonly suffix: string;
      /** `''` for either. */
      readonly scheme: '' | 'http' | 'https';
      /** `''` for the default port of the scheme, or for any where there is no scheme. */
      readonly port: string;
    }
  /** `mistake` is a sentence part: `it has a space`. */
  | { readonly kind: 'invalid'; readonly mistake: string };

/** Scheme, the host after `*.`, port. */
const patternForm = /^(?:(https?):\/\/)?\*\.([^*/?#@:[\]]+)(?::(\d{1,5}))?\/?$/i;
const controlOrSpace = /[\s\x00-\x1f\x7f]/;

/** Reads one key. */
export function parseTargetKey(key: string): TargetKey {
  if (key === '') return invalid('it is empty');
  if (controlOrSpace.test(key)) return invalid('it holds a space or a control character');
  if (key.includes('*')) return parsePattern(key);
  if (!/^https?:\/\//i.test(key)) return { kind: 'exact' };
  const { baseUrl, mistake } = parseBaseUrl(key);
  if (baseUrl === null) return invalid(mistake);
  if (baseUrl.authorization !== null) return invalid('it holds user information, which many may read here');
  const isOrigin = (baseUrl.path === '' || baseUrl.path === '/') && baseUrl.query === '';
  return isOrigin ? { kind: 'origin', origin: baseUrl.origin } : { kind: 'exact' };
}

function parsePattern(key: string): TargetKey {
  const match = patternForm.exec(key);
  if (match === null) {
    return invalid('a pattern is *.example.com, https://*.example.com or https://*.example.com:8443');
  }
  const [, scheme = '', host = '', port = ''] = match;
  const lower = schemeFrom(scheme);
  // With a label in the place of the star it must be the host of a URL, and comes out as URLs spell it.
  const { baseUrl } = parseBaseUrl(`${lower === '' ? 'http' : lower}://a.${host}${port === '' ? '' : `:${port}`}`);
  if (baseUrl === null) return invalid('what follows the star is no host');
  const url = new URL(baseUrl.origin);
  const givenPort = lower === '' && port !== '' ? String(Number(port)) : url.port;
  return { kind: 'pattern', suffix: url.hostname.slice(2), scheme: lower, port: givenPort };
}

function schemeFrom(text: string): '' | 'http' | 'https' {
  if (text === '') return '';
  return text.toLowerCase() === 'http' ? 'http' : 'https';
}

function invalid(mistake: string): TargetKey {
  return { kind: 'invalid', mistake };
}
