/** Whether a write failed since its namespace is gone or going: the end of many objects, and no fault of anybody. Pure. */
import type { LinkError } from '#shared/errors/link-error.ts';

/** The API server's name for a namespace that goes: a permission that is missing is another 403. */
const going = 'NamespaceTerminating';

/** By the answer to a request that creates something. */
export function isNamespaceGone({ status, message }: LinkError): boolean {
  return status === 404 || (status === 403 && message.includes(going));
}
