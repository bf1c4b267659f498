/** The annotation `sidecar-svc-annotations` -> annotations of a Service. Pure; never throws. */

/** A name as annotations have: perhaps a DNS subdomain and a slash, then at most 63 characters. */
const annotationName = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Of `k=v,k2=v2`: what cannot be an annotation is left out, since a Service without it is better than none. */
export function parseServiceAnnotations(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').flatMap((pair): (readonly [string, string])[] => {
    const [name = '', ...values] = pair.split('=');
    const isUsable = values.length > 0 && annotationName.test(name.trim());
    return isUsable ? [[name.trim(), values.join('=').trim()]] : [];
  });
  return Object.fromEntries(pairs);
}
