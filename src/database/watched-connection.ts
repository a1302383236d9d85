import type { QueryRunner } from 'typeorm';
import { NoAnswerError } from '../errors/no-answer.error.js';

/** As much of the socket of a `pg` connection as is used here (`net.Socket`). */
interface Socket {
  readonly bytesRead: number;
  setTimeout(milliseconds: number): unknown;
  setKeepAlive(enable: boolean, initialDelayMs: number): unknown;
  on(event: 'timeout', listener: () => void): unknown;
  off(event: 'timeout', listener: () => void): unknown;
  destroy(): unknown;
}

/** Who wants to know what becomes of a connection. */
export interface ConnectionWatch {
  /** Told when a transaction that writes begins. */
  readonly onWriting: () => void;
  /** Told when the connection was lost in mid-transaction. */
  readonly onLost: (error: unknown) => void;
}

const watches = new WeakMap<QueryRunner, ConnectionWatch>();

/** Has somebody told of the transactions over a connection. */
export function watchConnection(queryRunner: QueryRunner, watch: ConnectionWatch): void {
  watches.set(queryRunner, watch);
}

/** Who is to be told of a connection's transactions, if anybody. */
export function watchOf(queryRunner: QueryRunner): ConnectionWatch | undefined {
  return watches.get(queryRunner);
}

/** Codes of a socket whose other side no longer answered the probes of the kernel, which may give up before this package does. */
export const SILENT_SOCKET: readonly string[] = ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'];

/** A connection that nothing is sent over is probed after so long, so that whatever lies between does not forget it. */
const KEEP_ALIVE_MS = 10_000;
/** A process that stood still finds its timers run out before it reads what has long been answered. */
const LAST_LOOK_MS = 100;
const keptAlive = new WeakSet<Socket>();

/**
 * Lets `work` use the connection as long as the server answers. One that has been silent for `silenceMs` while `work` goes on is given up: the
 * socket is destroyed, which the pool notices, and what was in flight on the server ends there by its own time-outs.
 *
 * @throws {NoAnswerError} then; it is not known whether what was sent last was carried out
 */
export async function whileAnswering<Result>(
  queryRunner: QueryRunner,
  silenceMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const socket = await socketOf(queryRunner);
  if (socket === undefined) {
    return work();
  }
  let isSilent = false;
  let lastLook: NodeJS.Timeout | undefined;
  const giveUp = (): void => {
    const { bytesRead } = socket;
    lastLook = setTimeout(() => {
      if (socket.bytesRead === bytesRead) {
        isSilent = true;
        socket.destroy();
      }
    }, LAST_LOOK_MS);
  };
  if (!keptAlive.has(socket)) {
    keptAlive.add(socket);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }
  socket.setTimeout(silenceMs);
  socket.on('timeout', giveUp);
  try {
    return await work();
  } catch (error) {
    throw isSilent || hasGoneSilent(error) ? new NoAnswerError(silenceMs, error) : error;
  } finally {
    clearTimeout(lastLook);
    socket.off('timeout', giveUp);
    socket.setTimeout(0);
  }
}

/** Ends whatever a connection waits for, at once and whatever the server does. */
export async function cutConnection(queryRunner: QueryRunner): Promise<void> {
  (await socketOf(queryRunner))?.destroy();
}

function hasGoneSilent(error: unknown): boolean {
  const { code, driverError }: { code?: unknown; driverError?: { code?: unknown } } = Object(error);
  return [code, driverError?.code].some((one) => typeof one === 'string' && SILENT_SOCKET.includes(one));
}

/** Undefined for a driver without one, such as a test's. */
async function socketOf(queryRunner: QueryRunner): Promise<Socket | undefined> {
  const connection: { readonly connection?: { readonly stream?: Socket } } | undefined = await queryRunner.connect();
  return connection?.connection?.stream;
}
