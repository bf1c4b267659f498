/** Returns whether an environment variable or annotation means yes, in Dapr's eyes. */
export function isTruthy(text: string | undefined): boolean {
  return text !== undefined && ['y', 'yes', 'true', 't', 'on', '1'].includes(text.toLowerCase());
}
