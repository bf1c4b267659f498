/**
 * A throw-away certificate authority, for `make run` and for tests: real certificates that node:tls, openssl and curl
 * verify. Its private key lives in memory only and is never written anywhere.
 */
import 'reflect-metadata'; // Before the certificate library, which refuses to load without it.
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { makeKeyPair, privateKeyPem, type KeyPair, type KeyType } from './key-pair.ts';

/** What may be chosen for every certificate; all have a default. */
export interface CertificateOptions {
  /** Defaults to `ec` (P-256). */
  readonly keyType?: KeyType;
  /** Defaults to five minutes ago, so that clocks that differ a little do not matter. */
  readonly notBefore?: Date;
  /** Defaults to a week ahead. */
  readonly notAfter?: Date;
}

export interface ServerCertificateOptions extends CertificateOptions {
  /** DNS names and IP addresses, at least one; the first is the common name. */
  readonly hosts: readonly string[];
}

export interface ClientCertificateOptions extends CertificateOptions {
  /** The common name. */
  readonly name: string;
  /** Organizations of the subject: what Kubernetes takes as groups. */
  readonly organizations?: readonly string[];
}

/** A certificate with its key, ready for files, Secrets and `tls.createServer`. */
export interface IssuedCertificate {
  /** The certificate alone. */
  readonly certificatePem: string;
  /** PKCS #8. */
  readonly privateKeyPem: string;
  /** The certificate and every intermediate up to, and without, the root: what a server or client presents. */
  readonly chainPem: string;
}

interface Issuer {
  readonly certificate: X509Certificate;
  readonly keys: KeyPair;
  /** PEM of this certificate and its issuers, without the root; `''` for the root itself. */
  readonly presentedPem: string;
}

/** Relative distinguished names, outermost first. */
type Subject = ({ readonly CN: string[] } | { readonly O: string[] })[];

const minuteMs = 60_000;
const defaultLifetimeMs = 7 * 24 * 60 * minuteMs;

/** Signs server and client certificates, and intermediate authorities. */
export class CertificateAuthority {
  readonly #issuer: Issuer;

  private constructor(issuer: Issuer) {
    this.#issuer = issuer;
  }

  /** Makes a self-signed root. */
  static async create(name: string, options: CertificateOptions = {}): Promise<CertificateAuthority> {
    const keys = await makeKeyPair(options.keyType ?? 'ec');
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: commonName(name),
      ...validity(options),
      keys: keys.cryptoKeys,
      signingAlgorithm: keys.signingAlgorithm,
      extensions: [...authorityExtensions(), await SubjectKeyIdentifierExtension.create(keys.cryptoKeys.publicKey)],
    });
    return new CertificateAuthority({ certificate, keys, presentedPem: '' });
  }

  /** The authority's own certificate: for a root, what the other side is told to trust. */
  get certificatePem(): string {
    return pem(this.#issuer.certificate);
  }

  /** Makes an authority that this one signs; what it issues presents the intermediate too. */
  async createIntermediate(name: string, options: CertificateOptions = {}): Promise<CertificateAuthority> {
    const issued = await this.#issue(commonName(name), options, () => authorityExtensions());
    return new CertificateAuthority({ ...issued, presentedPem: this.#presented(issued.certificate) });
  }

  /** Makes a server's certificate for these hosts. */
  async issueServer(options: ServerCertificateOptions): Promise<IssuedCertificate> {
    const [first] = options.hosts;
    if (first === undefined) throw new TypeError('a server certificate needs at least one host');
    const names = options.hosts.map((value) => ({
      type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const),
      value,
    }));
    return this.#issueLeaf(commonName(first), options, [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names),
    ]);
  }

  /** Makes a client's certificate. */
  async issueClient(options: ClientCertificateOptions): Promise<IssuedCertificate> {
    const subject = [...(options.organizations ?? []).map((name) => ({ O: [name] })), ...commonName(options.name)];
    return this.#issueLeaf(subject, options, [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])]);
  }

  async #issueLeaf(
    subject: Subject,
    options: CertificateOptions,
    extensions: readonly Extension[],
  ): Promise<IssuedCertificate> {
    const { certificate, keys } = await this.#issue(subject, options, (keyType) => [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(leafKeyUsage(keyType), true),
      ...extensions,
    ]);
    return {
      certificatePem: pem(certificate),
      privateKeyPem: await privateKeyPem(keys),
      chainPem: this.#presented(certificate),
    };
  }

  async #issue(
    subject: Subject,
    options: CertificateOptions,
    extensionsFor: (keyType: KeyType) => readonly Extension[],
  ): Promise<{ readonly certificate: X509Certificate; readonly keys: KeyPair }> {
    const keyType = options.keyType ?? 'ec';
    const keys = await makeKeyPair(keyType);
    const certificate = await X509CertificateGenerator.create({
      subject,
      issuer: this.#issuer.certificate.subjectName.toJSON(),
      ...validity(options),
      publicKey: keys.cryptoKeys.publicKey,
      signingKey: this.#issuer.keys.cryptoKeys.privateKey,
      signingAlgorithm: this.#issuer.keys.signingAlgorithm,
      extensions: [
        ...extensionsFor(keyType),
        await SubjectKeyIdentifierExtension.create(keys.cryptoKeys.publicKey),
        await AuthorityKeyIdentifierExtension.create(this.#issuer.keys.cryptoKeys.publicKey),
      ],
    });
    return { certificate, keys };
  }

  #presented(certificate: X509Certificate): string {
    return pem(certificate) + this.#issuer.presentedPem;
  }
}

function commonName(name: string): Subject {
  return [{ CN: [name] }];
}

function validity(options: CertificateOptions): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = new Date().getTime();
  return {
    notBefore: options.notBefore ?? new Date(now - 5 * minuteMs),
    notAfter: options.notAfter ?? new Date(now + defaultLifetimeMs),
  };
}

function authorityExtensions(): Extension[] {
  return [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ];
}

/** Only RSA keys can encipher another key; the others sign. */
function leafKeyUsage(keyType: KeyType): KeyUsageFlags {
  return keyType === 'rsa'
    ? KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment
    : KeyUsageFlags.digitalSignature;
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}
