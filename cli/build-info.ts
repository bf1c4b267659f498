/** The text of `--build-info`. */
import { version } from './version.ts';

/** Returns the version and what it runs on, one fact a line. */
export function buildInfo(): string {
  const { node, openssl, llhttp } = process.versions;
  return [
    `Farpoint ${version}`,
    `Node ${node}, OpenSSL ${openssl}, llhttp ${llhttp}`,
    `${process.platform} ${process.arch}`,
    '',
  ].join('\n');
}
