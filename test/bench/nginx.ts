/** nginx with one worker, as the upstream that answers at once and as the proxy to compare with. Keep-alive both ways. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MeasuredProcess } from './measured-process.ts';

const run = promisify(execFile);

/** Whether this machine has nginx. */
export async function hasNginx(): Promise<boolean> {
  return run('nginx', ['-v']).then(
    () => true,
    () => false,
  );
}

/** Starts an nginx that answers every request with 1 KB. */
export function startNginxUpstream(options: {
  readonly folder: string;
  readonly port: number;
}): Promise<MeasuredProcess> {
  return start({
    name: 'upstream',
    folder: options.folder,
    http: `server {
    listen 127.0.0.1:${options.port} backlog=1024;
    location / { default_type text/plain; return 200 "${'x'.repeat(1_023)}\\n"; }
  }`,
  });
}

export interface NginxProxyOptions {
  readonly folder: string;
  readonly port: number;
  readonly upstreamPort: number;
  /** The path that is cut off. */
  readonly prefix: string;
}

/** Starts an nginx that forwards everything below the prefix. */
export function startNginxProxy(options: NginxProxyOptions): Promise<MeasuredProcess> {
  return start({
    name: 'proxy',
    folder: options.folder,
    http: `upstream target { server 127.0.0.1:${options.upstreamPort}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${options.port} backlog=1024;
    location ${options.prefix} {
      proxy_pass http://target/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }`,
  });
}

async function start(options: { name: string; folder: string; http: string }): Promise<MeasuredProcess> {
  const folder = options.folder;
  const file = join(folder, `nginx-${options.name}.conf`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${folder}/nginx-${options.name}-${kind};`,
  );
  const text = `daemon off;
worker_processes 1;
pid ${folder}/nginx-${options.name}.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
${temporary.join('\n')}
  ${options.http}
}
`;
  await writeFile(file, text);
  return MeasuredProcess.start(['nginx', '-e', 'stderr', '-c', file]);
}
