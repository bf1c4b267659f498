/** Where the API server is and who we are there. The files behind it may change at any time; `credentials` says what they say now. */

/** What a connection is made with; PEM texts, `''` where there is none. */
export interface ClusterTls {
  /** Whom to trust; `''`: the public authorities. */
  readonly ca: string;
  readonly certificateChain: string;
  readonly privateKey: string;
  /** `''`: the host of the server. */
  readonly serverName: string;
}

/** What one request is sent with. */
export interface ClusterCredentials {
  readonly tls: ClusterTls;
  /** Authorization and Impersonate-User; secret. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ClusterAccess {
  /** `https://host:port`, perhaps with a path, without a slash at the end. */
  readonly server: string;
  /** An HTTP proxy before it; `''`: none. */
  readonly proxyUrl: string;
  /** Throws LinkError when a file cannot be read or a plugin fails; the message holds nothing of what they say. */
  credentials(): Promise<ClusterCredentials>;
  /** The server did not accept the last ones: the next ones are read anew. */
  forget(): void;
}
