/** Who a proxy is, as the API server and its Pod say; nothing of it is the proxy's own claim. */

export interface ProxyIdentity {
  readonly namespace: string;
  readonly podName: string;
  readonly podUid: string;
  /** From the Pod's annotation, else the Pod's name; always a valid app id. */
  readonly appId: string;
  /** Name of the Configuration in the Pod's namespace; `''`: none. */
  readonly configuration: string;
  /** When the token ends, in milliseconds since 1970: nothing that began with it may outlive this. */
  readonly expiresAtMs: number;
}

/** Messages are sentences for the proxy's log. They hold no token and no name that the caller may not know. */
export type AuthenticationResult =
  | { readonly state: 'accepted'; readonly identity: ProxyIdentity }
  /** 401: not a token of a Pod in this cluster for this operator. */
  | { readonly state: 'unauthenticated'; readonly message: string }
  /** 403: a good token whose Pod is not one that may ask. */
  | { readonly state: 'forbidden'; readonly message: string }
  /** 503 with Retry-After: it cannot be known now. */
  | { readonly state: 'unavailable'; readonly message: string; readonly retryAfterMs: number };

/** Says who presents this token. Never throws. */
export type Authenticate = (bearerToken: string) => Promise<AuthenticationResult>;
