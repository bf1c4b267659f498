/** What went wrong in a TLS handshake, said for the person who has to mend it. Names neither hosts nor bytes. */

/** The proxy's own verdict on the upstream's certificate, by OpenSSL's and node's codes. */
const sentenceByCode: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the upstream's certificate has expired",
  CERT_NOT_YET_VALID: "the upstream's certificate is not valid yet",
  CERT_REVOKED: "the upstream's certificate has been revoked",
  CERT_UNTRUSTED: "the upstream's certificate is not trusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the upstream's certificate is signed by itself and not among the trusted ones",
  ERR_TLS_CERT_ALTNAME_INVALID: "the upstream's certificate is for another name",
  HOSTNAME_MISMATCH: "the upstream's certificate is for another name",
  INVALID_CA: "the upstream's certificate is signed by something that is no authority",
  INVALID_PURPOSE: "the upstream's certificate is not one for servers",
  SELF_SIGNED_CERT_IN_CHAIN: "the upstream's certificate is signed by an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT: "the upstream's certificate is signed by an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the upstream's certificate is signed by an authority that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the upstream's certificate is signed by an authority that is not trusted, or its intermediate is missing",
};

/** What the far end says or does, by the words of OpenSSL. */
const sentencesByReason: readonly (readonly [RegExp, string])[] = [
  [/certificate required/, 'the upstream demands a client certificate'],
  [
    /alert (?:bad certificate|unsupported certificate|certificate (?:revoked|expired|unknown)|unknown ca|access denied|decrypt error)/,
    'the upstream refused the client certificate',
  ],
  [
    /wrong version number|packet length too long|http request|record layer failure/,
    'the upstream does not speak TLS there',
  ],
  [/protocol version|unsupported protocol/, 'the upstream speaks no TLS version that is accepted, 1.2 or later'],
  [/no application protocol/, 'the upstream speaks no version of HTTP that was offered'],
  [
    /handshake failure/,
    'the upstream refused the TLS handshake: it may demand a client certificate, or have no cipher in common',
  ],
  [/before secure tls connection/, 'the upstream closed the connection inside the TLS handshake'],
];

/** A sentence without its full stop, or null when the failure is not one of TLS. */
export function tlsFailure(code: string, message: string): string | null {
  const verdict = sentenceByCode[code];
  if (verdict !== undefined) return verdict;
  if (code !== 'EPROTO' && code !== 'ECONNRESET' && !isTlsCode.test(code)) return null;
  const text = `${code} ${message}`.replaceAll('_', ' ').toLowerCase();
  const known = sentencesByReason.find(([reason]) => reason.test(text));
  if (known !== undefined) return known[1];
  return code === 'ECONNRESET' ? null : 'the TLS handshake failed';
}

const isTlsCode =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|PATH_LENGTH_|OCSP_|ERROR_IN_)/;
