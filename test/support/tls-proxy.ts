import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

/** What a client sends first when it wants TLS: its length, and the code of PostgreSQL's SSLRequest. */
const SSL_REQUEST_BYTES = 8;

/** A certificate authority of its own, and a server's certificate that it signed. */
export interface Certificates {
  /** The file of the authority's certificate. */
  readonly authority: string;
  readonly key: Buffer;
  readonly certificate: Buffer;
}

/** Makes them with `openssl`; undefined where there is none. */
export function makeCertificates(folder: string, address: string): Certificates | undefined {
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): unknown => execFileSync('openssl', args, { stdio: 'ignore' });
  try {
    for (const [name, subject] of Object.entries({ ca: '/CN=authority', server: '/CN=server' })) {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path(`${name}.key`)];
      const form = name === 'ca' ? ['-x509', '-days', '2', '-out', path('ca.pem')] : ['-out', path('server.csr')];
      openssl('req', ...key, '-subj', subject, ...form);
    }
    writeFileSync(path('server.ext'), `subjectAltName=IP:${address}`);
    const authority = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-days', '2'];
    const files = ['-in', path('server.csr'), '-extfile', path('server.ext'), '-out', path('server.pem')];
    openssl('x509', '-req', ...authority, ...files);
  } catch {
    return undefined;
  }
  const [key, certificate] = [readFileSync(path('server.key')), readFileSync(path('server.pem'))];
  return { authority: path('ca.pem'), key, certificate };
}

/** Stands before a server that speaks no TLS, and speaks it. */
export async function startTlsProxy(
  server: URL,
  { key, certificate: cert }: Certificates,
): Promise<{ readonly port: number; close(): void }> {
  const sockets: Socket[] = [];
  const proxy = createServer((client) => {
    client.on('error', () => undefined);
    client.once('readable', () => {
      client.read(SSL_REQUEST_BYTES);
      client.write('S');
      const secure = new TLSSocket(client, { isServer: true, key, cert });
      const inner = connect(Number(server.port), server.hostname);
      for (const [from, to] of [
        [secure, inner],
        [inner, secure],
      ] as const) {
        from.on('error', () => to.destroy());
        from.pipe(to);
      }
      sockets.push(client, inner);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const close = (): void => {
    sockets.forEach((socket) => socket.destroy());
    proxy.close();
  };
  return { port: (proxy.address() as AddressInfo).port, close };
}
