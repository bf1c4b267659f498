/** As much of a browser as a login needs: cookies, redirects, TLS with one more root. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

export interface Page {
  readonly status: number;
  /** Where the last answer came from. */
  readonly url: string;
  readonly body: string;
  readonly location: string;
  readonly setCookies: readonly string[];
}

const maxRedirects = 12;

export class TestBrowser {
  /** Values by origin and name: a real one would not tell ports apart, and here each origin is a host. */
  readonly cookies = new Map<string, Map<string, string>>();
  readonly #rootCa: string;

  constructor(rootCa: string) {
    this.#rootCa = rootCa;
  }

  /** Follows redirects until there is a page, or one that `stop` says to stop before. */
  async open(url: string, stop: (location: string) => boolean = () => false): Promise<Page> {
    let page = await this.get(url);
    for (let count = 0; page.location !== '' && !stop(page.location); count += 1) {
      if (count > maxRedirects) throw new Error(`too many redirects, the last one to ${page.location}`);
      page = await this.get(page.location);
    }
    return page;
  }

  /** One request. */
  async get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    const { origin } = new URL(url);
    const jar = this.cookies.get(origin) ?? new Map<string, string>();
    this.cookies.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await this.#send(url, cookie === '' ? headers : { Cookie: cookie, ...headers });
    const setCookies = response.headers['set-cookie'] ?? [];
    for (const line of setCookies) keep(jar, line);
    const { location } = response.headers;
    return {
      status: response.statusCode ?? 0,
      url,
      body: await text(response),
      location: location === undefined ? '' : new URL(location, url).href,
      setCookies,
    };
  }

  #send(url: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const options = { headers, agent: false, ca: this.#rootCa };
      const send = url.startsWith('https:') ? httpsRequest : httpRequest;
      send(url, options, resolve).once('error', reject).end();
    });
  }
}

function keep(jar: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';');
  const mark = pair.indexOf('=');
  const value = pair.slice(mark + 1);
  if (value === '' || /expires=thu, 01 jan 1970/i.test(line)) jar.delete(pair.slice(0, mark));
  else jar.set(pair.slice(0, mark), value);
}
