/** The calls that a run makes, one of each kind, with what each is to answer. */

/** One call through the proxy, and what a newcomer is to learn from it. */
export interface Call {
  readonly title: string;
  /** `[1-20]` in it stands for so many calls, as curl takes it; the last one's answer counts. */
  readonly url: string;
  /** `Name: value` lines, as curl takes them. */
  readonly headers: readonly string[];
  readonly expectedStatus: number;
  /** Part of the first line of the answer. */
  readonly expectedText: string;
}

export interface CallTargets {
  /** `127.0.0.1:3500`. */
  readonly proxyHost: string;
  /** `http://127.0.0.1:6601`. */
  readonly palpatineUrl: string;
  readonly appId: string;
}

/** Lists the calls in the order in which they explain themselves. */
export function exampleCalls({ proxyHost, palpatineUrl, appId }: CallTargets): readonly Call[] {
  const invoke = `http://${proxyHost}/v1.0/invoke`;
  return [
    {
      title: 'an HTTPEndpoint, by name',
      url: `${invoke}/palpatine/method/order66`,
      headers: [],
      expectedStatus: 200,
      expectedText: 'Commander Cody, execute order 66.',
    },
    {
      title: 'any URL, without a manifest',
      url: `${invoke}/${palpatineUrl}/method/order66`,
      headers: [],
      expectedStatus: 200,
      expectedText: 'execute order 66.',
    },
    {
      title: 'the application itself, by its app id',
      url: `${invoke}/${appId}/method/orders/66`,
      headers: [],
      expectedStatus: 200,
      expectedText: '{"order":66,"state":"open"}',
    },
    {
      title: 'the target in a header',
      url: `http://${proxyHost}/order66`,
      headers: ['dapr-app-id: palpatine'],
      expectedStatus: 200,
      expectedText: 'Commander Cody, execute order 66.',
    },
    {
      title: 'the target in the URL',
      url: `http://dapr-app-id:palpatine@${proxyHost}/order66`,
      headers: [],
      expectedStatus: 200,
      expectedText: 'Commander Cody, execute order 66.',
    },
    {
      title: 'a header from a Secret',
      url: `${invoke}/council/method/council`,
      headers: [],
      expectedStatus: 200,
      expectedText: 'Take a seat.',
    },
    {
      title: 'mutual TLS',
      url: `${invoke}/vault/method/door`,
      headers: [],
      expectedStatus: 200,
      expectedText: 'The vault is open to orders.',
    },
    {
      title: 'a private root CA only',
      url: `${invoke}/archive/method/kamino`,
      headers: [],
      expectedStatus: 200,
      expectedText: 'If it is not in our records, it does not exist.',
    },
    {
      title: 'a call that fails, tried again (Resiliency)',
      url: `${invoke}/falcon/method/jump`,
      headers: [],
      expectedStatus: 200,
      expectedText: 'Light speed, at the second try.',
    },
    {
      title: 'a call that takes too long (Resiliency)',
      url: `${invoke}/carbonite/method/han`,
      headers: [],
      expectedStatus: 504,
      expectedText: 'failed to invoke, id: carbonite, err: ',
    },
    {
      title: 'a short path for a call (middleware)',
      url: `http://${proxyHost}/cody`,
      headers: [],
      expectedStatus: 200,
      expectedText: 'Commander Cody, execute order 66.',
    },
    {
      title: 'the last of 20 calls in a row (middleware)',
      url: `${invoke}/${appId}/method/orders/66?call=[1-20]`,
      headers: [],
      expectedStatus: 429,
      expectedText: 'request limit',
    },
    {
      title: 'a client certificate that the server refuses',
      url: `${invoke}/vault-stranger/method/door`,
      headers: [],
      expectedStatus: 502,
      expectedText: 'failed to invoke, id: vault-stranger, err: ',
    },
    {
      title: 'an endpoint whose Secret is missing',
      url: `${invoke}/unfinished/method/door`,
      headers: [],
      expectedStatus: 503,
      expectedText: 'failed to invoke, id: unfinished, err: ',
    },
    {
      title: 'a name that nothing has',
      url: `${invoke}/jar-jar/method/order66`,
      headers: [],
      expectedStatus: 404,
      expectedText: 'failed to invoke, id: jar-jar, err: ',
    },
  ];
}
