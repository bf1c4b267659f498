/** Why a program did not start, for people at a terminal. */
import { ConfigError } from '#shared/errors/config-error.ts';

/** Every mistake in the settings, one a line; of any other error its sentence. */
export function startFailureText(command: string, error: unknown): string {
  if (error instanceof ConfigError) {
    const lines = error.mistakes.map((mistake) => `  - ${mistake}\n`).join('');
    return `farpoint ${command} cannot start:\n${lines}\`farpoint ${command} --help\` lists the flags.\n`;
  }
  return `farpoint ${command} cannot start: ${error instanceof Error ? error.message : String(error)}\n`;
}
