/** Everything that one proxy ever receives: by Node's HTTP, by a socket that keeps what is inside TLS as it is, and by curl. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { onTestFinished } from 'vitest';
import { tablesPath } from '#shared/push/push-channel.ts';
import { curl } from '../../support/curl.ts';
import { openPush, type PushReader } from '../../support/push-reader.ts';
import { RawConnection } from '../../support/raw-connection.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { createPodCredentials, type PodCredentials } from './pod-credentials.ts';
import type { PodProxyOptions } from './start-pod-proxy.ts';

export interface PushRecorder {
  /** Messages, for a look at what came. */
  readonly reader: PushReader;
  /** All bytes, status lines and fields included, of all clients. */
  text(): string;
  /** Resolves when every client has received this. */
  receives(text: string): Promise<void>;
  /** Resolves when every client has received so many SYNCEDs. */
  synced(count: number): Promise<void>;
}

/** Creates two Pods of one app and opens the streams; they end with the test, which is skipped where there is no curl. */
export async function recordPushOf(options: Omit<PodProxyOptions, 'podName' | 'args'>): Promise<PushRecorder> {
  const { appId } = options;
  const pod = await createPodCredentials({ ...options, podName: `${appId}-${randomUUID()}` });
  const podOfCurl = await createPodCredentials({ ...options, podName: `${appId}-${randomUUID()}` });
  const reader = await openPush(pod.target, pod.token);
  const raw = await openRaw(pod);
  const curlText = await openCurl(podOfCurl);
  const texts = (): readonly string[] => [reader.text, raw.received, curlText()];
  return {
    reader,
    text: () => `${JSON.stringify(reader.response.rawHeaders)}${texts().join('')}`,
    receives: (wanted) => waitUntil(() => texts().every((text) => text.includes(wanted))),
    synced: (count) =>
      waitUntil(() => texts().every((text) => [...text.matchAll(/"type":"SYNCED".*\n/g)].length >= count)),
  };
}

async function openRaw({ target, token }: PodCredentials): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port: target.port, ca: target.caPem, servername: 'localhost' });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
  });
  const raw = new RawConnection(socket);
  raw.send(
    `POST ${tablesPath} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Length: 2\r\n\r\n{}`,
  );
  return raw;
}

async function openCurl({ target, token }: PodCredentials): Promise<() => string> {
  await curl('--version');
  const folder = await temporaryFolder();
  const [caFile, configFile] = [join(folder, 'ca.crt'), join(folder, 'curl.config')];
  await writeFile(caFile, target.caPem);
  await writeFile(configFile, `header = "Authorization: Bearer ${token}"\n`, { mode: 0o600 });
  const shape = ['--disable', '--silent', '--no-buffer', '--noproxy', '*', '--include', '--raw'];
  const url = `https://localhost:${target.port}${tablesPath}`;
  const child = spawn('curl', [...shape, '--config', configFile, '--cacert', caFile, '--data', '{}', url]);
  onTestFinished(() => void child.kill());
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  return () => text;
}
