/** The channel as people see it, with a client that is not ours. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { acknowledgementsPath, tablesPath } from '#shared/push/push-channel.ts';
import { curl } from '../../support/curl.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startTestPushServer } from '../../support/start-test-push-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('curl', () => {
  test('reads a stream line by line, and acknowledges', async () => {
    const server = await startTestPushServer();
    const caFile = join(await temporaryFolder(), 'ca.crt');
    await writeFile(caFile, server.caPem);
    const origin = `https://localhost:${server.port}`;
    const token = ['-H', 'Authorization: Bearer token-a'];
    const refused = await curl('--cacert', caFile, '-X', 'POST', '-D', '-', `${origin}${tablesPath}`);
    expect(refused.output).toContain('HTTP/1.1 401 Unauthorized');
    expect(refused.output).toContain('WWW-Authenticate: Bearer realm="farpoint"');
    expect(refused.output).toContain('{"code":"unauthenticated","message":"');

    server.board.set('shop', fakeEndpoint('one'));
    const quiet = ['--disable', '--silent', '--no-buffer', '--noproxy', '*', '--cacert', caFile, '-D', '-'];
    const reading = spawn('curl', [...quiet, ...token, '-d', '{}', `${origin}${tablesPath}`]);
    let output = '';
    reading.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    onTestFinished(() => void reading.kill());
    await waitUntil(() => /"SYNCED".*\n/.test(output));
    server.board.set('shop', fakeEndpoint('two'));
    await waitUntil(() => [...output.matchAll(/"SYNCED".*\n/g)].length === 2);
    expect(output).toContain('"name":"two"');

    const stream = /farpoint-stream: (\S+)/.exec(output)?.[1];
    const revision = [...output.matchAll(/"SYNCED","revision":"([^"]+)"/g)].at(-1)?.[1];
    const body = JSON.stringify({ stream, revision, state: 'applied', reasons: [] });
    const posting = ['--cacert', caFile, '-w', '%{http_code}', ...token, '-H', 'Content-Type: application/json'];
    const acknowledged = await curl(...posting, '-d', body, `${origin}${acknowledgementsPath}`);
    expect(acknowledged).toMatchObject({ exitCode: 0, output: '204' });
    expect(server.running.counts.countFor('shop/two')).toEqual({ entitled: 1, programmed: 1 });
  });

  test('gets HTTP/1.1 over TLS 1.2 or 1.3, and nothing older', async () => {
    const server = await startTestPushServer();
    const caFile = join(await temporaryFolder(), 'ca.crt');
    await writeFile(caFile, server.caPem);
    const url = `https://localhost:${server.port}/`;
    const shape = ['--cacert', caFile, '-o', '/dev/null', '-w', '%{http_version} %{http_code}'];
    expect(await curl(...shape, '--tls-max', '1.2', url)).toMatchObject({ exitCode: 0, output: '1.1 404' });
    expect(await curl(...shape, '--tlsv1.3', '--http2', url)).toMatchObject({ exitCode: 0, output: '1.1 404' });
    expect((await curl(...shape, '--tlsv1.0', '--tls-max', '1.1', url)).exitCode).not.toBe(0);
    expect((await curl('-o', '/dev/null', url)).exitCode).toBe(60); // an authority that it does not know
  });
});
