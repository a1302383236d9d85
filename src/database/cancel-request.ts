import { connect } from 'node:net';
import type { QueryRunner } from 'typeorm';

/** CancelRequest of the PostgreSQL protocol 3.0: length, code, process id, secret key, four bytes each. */
const LENGTH = 16;
const CODE = 80_877_102;
const TIMEOUT_MS = 2_000;

/** The fields of a connection that `pg` keeps for a cancel request. */
interface Connection {
  readonly host?: string;
  readonly port?: number;
  readonly processID?: number;
  readonly secretKey?: number;
}

/**
 * Asks the server to cancel the statement that a connection waits for; its transaction is then rolled back whole. Answers when the
 * request was delivered, or could not be. It goes over a connection of its own, as the protocol wants it, which a pooler passes on.
 */
export async function cancelStatement(queryRunner: QueryRunner): Promise<void> {
  const connection: Connection = await queryRunner.connect();
  const { processID, secretKey, host = 'localhost', port = 5432 } = connection;
  if (processID === undefined || secretKey === undefined) {
    return;
  }
  await deliver(
    cancelRequest(processID, secretKey),
    host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port },
  );
}

function cancelRequest(processId: number, secretKey: number): Buffer {
  const request = Buffer.alloc(LENGTH);
  [LENGTH, CODE, processId, secretKey].forEach((field, index) => request.writeInt32BE(field | 0, index * 4));
  return request;
}

/**
 * The server closes the connection once it has read the request. This end must not, not even by half: PgBouncer would drop the request,
 * and its release 1.18 may crash over it.
 */
async function deliver(request: Buffer, address: { path: string } | { host: string; port: number }): Promise<void> {
  await new Promise<void>((done) => {
    const socket = connect(address, () => socket.write(request));
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => done());
    socket.resume();
  });
}
