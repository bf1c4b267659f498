/** `value`, `envRef` and `secretKeyRef`, which stand beside each other in headers, TLS documents and metadata. Pure. */
import type { ValueSource } from './http-endpoint.ts';
import { recordFrom, textFrom, type UnknownRecord } from './read-field.ts';

/** Where a value comes from, as written. */
export function valueSourceFrom(fields: UnknownRecord): ValueSource {
  const reference = recordFrom(fields['secretKeyRef']);
  const name = textFrom(reference?.['name']) ?? '';
  const key = textFrom(reference?.['key']) ?? '';
  const envRef = textFrom(fields['envRef']) ?? '';
  return {
    value: textFrom(fields['value']),
    // An empty name is no reference, as in Dapr; an empty key is none given.
    envRef: envRef === '' ? null : envRef,
    secretKeyRef: name === '' ? null : { name, key: key === '' ? name : key },
  };
}
