/** An object on its way to the API server -> what the parsers of shared/resources read. Pure. */
import type { Manifest } from '#shared/resources/manifest.ts';
import { recordFrom, type UnknownRecord } from '#shared/resources/read-field.ts';

/** The object as a manifest. One that is to get a generated name has one already, as far as its checks are concerned. */
export function manifestFrom(kind: string, object: UnknownRecord): Manifest {
  const metadata = recordFrom(object['metadata']) ?? {};
  const { name = '', generateName = '' } = metadata;
  const isGenerated = name === '' && generateName !== '';
  return {
    document: { ...object, kind, ...(isGenerated && { metadata: { ...metadata, name: 'generated' } }) },
    location: '',
  };
}
