/** The layer that all images share: node, what it needs of the system, and nothing else. No shell, no package manager. */
import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { RootFolder } from './root-folder.ts';
import { sharedLibraries } from './shared-libraries.ts';

/** Where node is in an image. */
export const imageNode = '/usr/local/bin/node';
/** User and group that everything runs as: a number, so that Kubernetes can tell that it is not root. */
export const imageUser = '65532:65532';

const systemFiles: Readonly<Record<string, string>> = {
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  '/etc/passwd': 'root:x:0:0:root:/:/sbin/nologin\nfarpoint:x:65532:65532:farpoint:/:/sbin/nologin\n',
  '/etc/group': 'root:x:0:\nfarpoint:x:65532:\n',
  // Where OpenSSL looks. Node's own roots rather than the machine's, which may trust more than the public does; a pod adds
  // others by SSL_CERT_DIR, or replaces these by SSL_CERT_FILE.
  '/etc/ssl/cert.pem': `${rootCertificates.join('\n')}\n`,
};

/** Fills the folder. Returns the libraries of the machine that are in it. */
export async function assembleBaseLayer(folder: string): Promise<readonly string[]> {
  const root = await RootFolder.create(folder);
  const node = await realpath(process.execPath);
  // 33 MB of names of functions, which only a debugger reads.
  await promisify(execFile)('strip', ['-o', await root.place(imageNode), node]).catch((error: unknown) => {
    throw new Error('node cannot be stripped: install binutils', { cause: error });
  });
  const libraries = await sharedLibraries(node);
  for (const library of libraries) await root.copy(library, library);
  for (const [path, text] of Object.entries(systemFiles)) await root.write(path, text);
  // Node looks here too, and complains when it is missing.
  await root.makeFolder('/etc/ssl/certs');
  await root.finish([imageNode, ...libraries]);
  return libraries;
}
