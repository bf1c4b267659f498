/** The text of `farpoint proxy --help`, from the tables of flags. Pure. */
import { flagLinesByGroup } from './flag-lines.ts';
import { ignoredFlags } from './ignored-flags.ts';
import { proxyFlags } from './proxy-flags.ts';

const lineWidth = 100;

const environmentText = `Environment
  DAPR_API_TOKEN          demanded from callers of the API, in the header dapr-api-token
  APP_API_TOKEN           sent to the application, in the same header, and to nobody else
  NAMESPACE               namespace of this proxy (default)
  DAPR_HTTP_DISABLE_H2C   yes: HTTP/1.1 only
  DAPR_ENV_KEYS           the only variables that a manifest's envRef may read
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY
                          proxies for calls that leave; lower case works too
  SSL_CERT_FILE, SSL_CERT_DIR
                          roots to trust beside those of the system
`;

/** Returns the usage text, grouped, with defaults and environment variables. */
export function proxyUsage(): string {
  const ignored = ignoredFlags.map(({ name }) => `--${name}`);
  return [
    'farpoint proxy: call any HTTP endpoint by name through localhost.\n',
    'Usage: farpoint proxy --app-id NAME [--app-port PORT] [--resources-path FOLDER] [flags]',
    '       farpoint proxy --mode kubernetes --app-id NAME --control-plane-address HOST:PORT [flags]\n',
    ...flagLinesByGroup(proxyFlags),
    environmentText,
    `Accepted from daprd, without effect on invocation\n${wrapped(ignored)}`,
    'One dash works as well as two: -app-id NAME, --app-id NAME, --app-id=NAME. Switch something off with =false.\n',
  ].join('\n');
}

function wrapped(words: readonly string[]): string {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length > lineWidth) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line}, ${word}`;
  }
  return lines.map((line) => `  ${line}\n`).join('');
}
