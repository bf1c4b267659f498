/** What keeps a proxy from its operator: each is said once, with what to do, and tried again; nothing is ever sent to a stranger. */
import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../../../examples/certificates/certificate-authority.ts';
import { httpEndpoint } from '../../support/http-endpoint.ts';
import { startControlPlaneTables } from '../../support/start-control-plane-tables.ts';
import { messagesOf, startTestOperator } from '../../support/start-test-operator.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startRawUpstream, startUpstream } from '../../support/start-upstream.ts';
import { tableOf } from '../../support/table-of.ts';

const minuteMs = 60_000;
const table = tableOf(httpEndpoint('far', 'http://far.example'));

describe('an operator that cannot be verified gets neither the token nor the Hello:', () => {
  test('signed by another authority', async () => {
    const operator = await startTestOperator();
    await writeFile(operator.caFile, (await CertificateAuthority.create('another')).certificatePem);
    const { reasons } = await startControlPlaneTables(operator);
    await waitUntil(() => reasons().length > 0);
    expect(reasons()).toEqual([
      expect.stringMatching(/^the control plane's certificate is signed by an authority/) as string,
    ]);
    expect(operator.tokens).toEqual([]);
  });

  test('of another name', async () => {
    const operator = await startTestOperator({ hosts: ['other.example', '127.0.0.1'] });
    const { reasons } = await startControlPlaneTables(operator);
    await waitUntil(() => reasons().length > 0);
    expect(reasons()).toEqual(["the control plane's certificate is for another name"]);
    expect(operator.tokens).toEqual([]);
  });

  test('of another address', async () => {
    const operator = await startTestOperator({ hosts: ['localhost', '127.0.0.2'] });
    const { reasons } = await startControlPlaneTables({ ...operator, host: '127.0.0.1' });
    await waitUntil(() => reasons().length > 0);
    expect(reasons()).toEqual(["the control plane's certificate is for another name"]);
  });

  test('whose certificate has expired, or is not valid yet', async () => {
    const [past, now, future] = [-2, 0, 2].map((hours) => new Date(Date.now() + hours * 3_600_000));
    for (const [validity, reason] of [
      [{ notBefore: new Date(0), notAfter: past ?? new Date() }, "the control plane's certificate has expired"],
      [{ notBefore: future ?? now ?? new Date() }, "the control plane's certificate is not valid yet"],
    ] as const) {
      const operator = await startTestOperator(validity);
      const { reasons } = await startControlPlaneTables(operator);
      await waitUntil(() => reasons().length > 0);
      expect(reasons()).toEqual([reason]);
      expect(operator.tokens).toEqual([]);
    }
  });

  test('that speaks no TLS', async () => {
    const operator = await startTestOperator();
    const plain = await startUpstream((_request, response) => response.end());
    const { reasons } = await startControlPlaneTables({ ...operator, port: plain.port });
    await waitUntil(() => reasons().length > 0);
    expect(reasons()).toEqual(['the control plane does not speak TLS there']);
  });
});

describe('an operator that says no', () => {
  test.each([
    [401, "it does not accept this pod's token"],
    [403, 'it does not serve this pod'],
  ])('with %i is asked again, later and later, and it is said once', async (status, advice) => {
    const operator = await startTestOperator();
    operator.refuseStreams = { status, body: JSON.stringify({ code: 'x', message: 'this pod has no label' }) };
    const { reasons, clock, lines, applied } = await startControlPlaneTables(operator);
    await waitUntil(() => reasons().length === 1);
    const delays = (): readonly unknown[] =>
      lines.filter(({ message }) => message.startsWith('no connection')).map(({ fields }) => fields['retryInMs']);
    for (let count = 2; count <= 7; count++) {
      clock.advance(minuteMs);
      await waitUntil(() => delays().length === count);
    }
    expect(reasons()).toEqual([expect.stringContaining(advice) as string]);
    expect(reasons()[0]).toContain(`(status ${status}: this pod has no label)`);
    expect(delays()).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    operator.refuseStreams = { status, body: JSON.stringify({ message: 'another reason' }) };
    clock.advance(minuteMs);
    await waitUntil(() => reasons().length === 2);
    operator.refuseStreams = null;
    operator.onStream = (stream) => stream.send(...messagesOf(table));
    clock.advance(minuteMs);
    await waitUntil(() => applied.length === 1);
  });

  test.each([429, 503])('with %i is asked again when it says', async (status) => {
    const operator = await startTestOperator();
    operator.refuseStreams = { status, headers: { 'Retry-After': '30' } };
    const { reasons, clock } = await startControlPlaneTables({ ...operator, random: () => 0.01 });
    await waitUntil(() => reasons().length === 1);
    clock.advance(30_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(operator.requests()).toBe(1);
    clock.advance(1);
    await waitUntil(() => operator.requests() === 2);
  });

  test.each([
    ['plain text', 'not\u0007 here\nor there', 'not here or there'],
    ['a page', '<html>the gateway is tired</html>', ''],
    ['JSON without a message', '{"code":"x"}', ''],
    ['more than anybody reads', 'x'.repeat(100_000), 'x'.repeat(300)],
    ['the token, which is not repeated', 'token first-token is not good', ''],
  ])('explains itself in %s', async (_what, body, explanation) => {
    const operator = await startTestOperator();
    operator.refuseStreams = { status: 503, body };
    const { reasons } = await startControlPlaneTables(operator);
    await waitUntil(() => reasons().length === 1);
    expect(reasons()).toEqual([`it cannot serve now (status 503${explanation === '' ? '' : `: ${explanation}`})`]);
  });

  test('in another way than an operator does is no operator', async () => {
    const operator = await startTestOperator();
    operator.refuseStreams = { status: 200, body: '{}' };
    const { reasons, clock } = await startControlPlaneTables(operator);
    await waitUntil(() => reasons().length === 1);
    operator.refuseStreams = { status: 404 };
    clock.advance(minuteMs);
    await waitUntil(() => reasons().length === 2);
    expect(reasons()).toEqual([
      'it does not answer as the operator does; look at --control-plane-address',
      'nothing is served there; look at --control-plane-address (status 404)',
    ]);
  });
});

describe('time limits', () => {
  test('end a connection that does not come about', async () => {
    const operator = await startTestOperator();
    const silent = await startRawUpstream(() => undefined);
    const { reasons, clock } = await startControlPlaneTables({ ...operator, port: silent.port });
    await waitUntil(() => {
      clock.advance(1000);
      return reasons().length === 1;
    });
    expect(reasons()).toEqual(['the connection took too long']);
  });

  test('end a request that gets no answer', async () => {
    const operator = await startTestOperator();
    operator.isAnswering = false;
    const { reasons, clock } = await startControlPlaneTables(operator);
    await waitUntil(() => operator.requests() === 1);
    clock.advance(19_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reasons()).toEqual([]);
    clock.advance(1);
    await waitUntil(() => reasons().length === 1);
    expect(reasons()).toEqual(['it did not answer in time']);
  });

  test('end an answer that does not go on', async () => {
    const operator = await startTestOperator();
    operator.server.keepAliveTimeout = 0;
    operator.refuseStreams = { status: 503, headers: { 'Content-Length': '10' } };
    const { reasons, clock } = await startControlPlaneTables(operator);
    await waitUntil(() => {
      clock.advance(1000);
      return reasons().length === 1;
    });
    expect(reasons()).toEqual(['it cannot serve now (status 503)']);
  });
});

describe('the files of the pod', () => {
  test('are waited for, and what is wrong with them is said', async () => {
    const operator = await startTestOperator();
    const { tokenFile, caFile } = operator;
    await rm(tokenFile);
    const { reasons, clock, applied } = await startControlPlaneTables(operator);
    operator.onStream = (stream) => stream.send(...messagesOf(table));
    const steps: readonly (readonly [change: () => Promise<void>, reason: string])[] = [
      [
        async () => undefined,
        `the token file ${tokenFile} cannot be read (ENOENT); the pod needs its projected volume`,
      ],
      [() => writeFile(tokenFile, '\n'), `the token file ${tokenFile} is empty`],
      [() => writeFile(tokenFile, 'two words'), `the token file ${tokenFile} does not hold a token`],
      [() => writeFile(tokenFile, 'x'.repeat(70_000)), `the token file ${tokenFile} is larger than 65536 bytes`],
      [
        async () => {
          await writeFile(tokenFile, 'good');
          await writeFile(caFile, 'no PEM');
        },
        `the CA file ${caFile} cannot be used: there is no PEM certificate in it`,
      ],
    ];
    for (const [index, [change, reason]] of steps.entries()) {
      await change();
      clock.advance(minuteMs);
      await waitUntil(() => reasons().length === index + 1);
      expect(reasons().at(-1)).toBe(reason);
    }
    await writeFile(caFile, operator.authority.certificatePem);
    clock.advance(minuteMs);
    await waitUntil(() => applied.length === 1);
    expect(operator.tokens.every((token) => token === 'good')).toBe(true);
  });

  test('are read again for each connection: token and roots rotate in place', async () => {
    const operator = await startTestOperator();
    const { clock } = await startControlPlaneTables(operator);
    await waitUntil(() => operator.streams.length === 1);
    await writeFile(operator.tokenFile, 'second-token');
    const next = await CertificateAuthority.create('next');
    const { chainPem, privateKeyPem } = await next.issueServer({ hosts: ['localhost'] });
    await writeFile(operator.caFile, `${operator.authority.certificatePem}\n${next.certificatePem}`);
    operator.server.setSecureContext({ cert: chainPem, key: privateKeyPem });
    operator.streams[0]?.end();
    await waitUntil(() => {
      clock.advance(1000);
      return operator.streams.length === 2;
    });
    expect(operator.streams.map(({ token }) => token)).toEqual(['first-token', 'second-token']);
  });
});
