/**
 * The client's id and secret in the header (RFC 6749 §2.3.1), encoded as Go does it and with it Dapr: `-`, `_`, `.` and `~` stay as they
 * are, because many servers decode nothing, and ids and secrets are full of them. openid-client's own encodes these too.
 */
import type { ClientAuth } from 'openid-client';

export function clientSecretHeader(clientSecret: string): ClientAuth {
  return (...[, { client_id: clientId }, , headers]) => {
    const credentials = btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`);
    headers.set('authorization', `Basic ${credentials}`);
  };
}

function formEncoded(text: string): string {
  const hex = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text)
    .replace(/[!*'()]/g, hex)
    .replaceAll('%20', '+');
}
