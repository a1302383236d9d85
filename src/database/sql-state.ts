import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import { SILENT_SOCKET } from './watched-connection.js';

/** The SQLSTATE codes that are told apart (PostgreSQL manual, appendix A). */
export const SQL_STATE = {
  lockNotAvailable: '55P03',
  queryCanceled: '57014',
  deadlockDetected: '40P01',
  serializationFailure: '40001',
  insufficientPrivilege: '42501',
  tooManyConnections: '53300',
  undefinedTable: '42P01',
  untranslatableCharacter: '22P05',
  foreignKeyViolation: '23503',
  /** Of a key with `on delete restrict`, from PostgreSQL 18 on. */
  restrictViolation: '23001',
  idleInTransactionTimeout: '25P03',
  transactionTimeout: '25P04',
  readOnlyTransaction: '25006',
} as const;

/** Codes of a socket that the network or the other side gave up in mid-conversation. */
const LOST_SOCKET: readonly string[] = [...SILENT_SOCKET, 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENOTCONN'];

/** Of which the server ends the session. */
const TRANSACTION_TIMEOUTS: readonly string[] = [SQL_STATE.idleInTransactionTimeout, SQL_STATE.transactionTimeout];

/** Codes of a socket that came to no server. */
const UNREACHED_SOCKET: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
];

/** The stable code that a report gives for each of them; `DATABASE` for any other. */
const REPORTED_CODES: Readonly<Record<string, string>> = {
  [SQL_STATE.lockNotAvailable]: 'LOCK_TIMEOUT',
  [SQL_STATE.queryCanceled]: 'STATEMENT_TIMEOUT',
  [SQL_STATE.deadlockDetected]: 'DEADLOCK',
  [SQL_STATE.serializationFailure]: 'SERIALIZATION_FAILURE',
  [SQL_STATE.insufficientPrivilege]: 'PERMISSION_DENIED',
  [SQL_STATE.tooManyConnections]: 'CONNECTION_FAILED',
};

/**
 * The code of anything thrown, for reports: this package's own, that of its SQLSTATE, or `CONNECTION_LOST`, `CONNECTION_FAILED`,
 * `DATABASE`, `UNEXPECTED`.
 */
export function reportedCode(error: unknown): string {
  if (error instanceof MaintenanceError) {
    return error.code;
  }
  if (isConnectionLost(error)) {
    return 'CONNECTION_LOST';
  }
  if (isUnreached(error)) {
    return 'CONNECTION_FAILED';
  }
  const state = sqlState(error);
  return state === undefined ? 'UNEXPECTED' : (REPORTED_CODES[state] ?? 'DATABASE');
}

/** True when there was no connection to begin with: no server there, or none free in the pool in time. */
function isUnreached(error: unknown): boolean {
  const text = error instanceof Error ? error.message : '';
  return (
    UNREACHED_SOCKET.includes(fieldOf(error, 'code') ?? '') || /^timeout exceeded when trying to connect$/.test(text)
  );
}

/** The SQLSTATE of a database error, or of the one TypeORM wrapped; undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  const code = fieldOf(error, 'code');
  // EPIPE has five capitals, too.
  return code !== undefined && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** True when a row could not go, as others refer to it. */
export function isReferenced(error: unknown): boolean {
  const state = sqlState(error);
  return state === SQL_STATE.foreignKeyViolation || state === SQL_STATE.restrictViolation;
}

/** The table whose rows refer to the one that could not go, such as `app.sessions`. */
export function referencingTable(error: unknown): string {
  return [fieldOf(error, 'schema'), fieldOf(error, 'table')].filter(Boolean).join('.') || 'another table';
}

function fieldOf(error: unknown, field: string): string | undefined {
  const origin: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const value: unknown = typeof origin === 'object' && origin !== null ? Reflect.get(origin, field) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/**
 * True when the connection itself is gone: the server ended it (class 57P, 08 connection exceptions, and the time-outs of a whole
 * transaction), it was given up, or the socket closed, which carries no SQLSTATE at all.
 */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) {
    return state.startsWith('08') || state.startsWith('57P') || TRANSACTION_TIMEOUTS.includes(state);
  }
  const text = error instanceof Error ? error.message : '';
  return (
    error instanceof NoAnswerError ||
    error instanceof QueryRunnerAlreadyReleasedError ||
    LOST_SOCKET.includes(fieldOf(error, 'code') ?? '') ||
    /connection (terminated|error|closed|reset)|not queryable|query read timeout/i.test(text)
  );
}
