/**
 * Every code of a {@link MaintenanceError} or a report, and whether the same call, made again later, can go through with nothing else done:
 * what was in its way passes by itself. `false`: somebody has to change something first, or nothing is left to be done.
 */
export const ERROR_CODES = {
  AGENTS_KEPT: false,
  ALREADY_RUNNING: true,
  BRAKE_MAX_FRACTION: false,
  BRAKE_MAX_ROWS: false,
  CLAIM_CONTENDED: true,
  CLAIM_LOST: true,
  CLAIM_UNCERTAIN: true,
  COLUMN_MISSING: false,
  COLUMN_TYPE: false,
  CONFIG: false,
  CONNECTION_FAILED: true,
  CONNECTION_LOST: true,
  DATABASE: false,
  DEADLOCK: true,
  // The work is done; only its record is not.
  END_NOT_RECORDED: false,
  INTERRUPTED: true,
  KEY_ORDER_REVERSED: false,
  LEASE_LOST: true,
  LOCK_TIMEOUT: true,
  MASS_SUSPENSION: false,
  NOT_ACKNOWLEDGED: false,
  NOT_A_TABLE: false,
  NEVER_SETTLED: false,
  NO_ANSWER: true,
  NO_CONNECTION: true,
  NO_SECRETS: false,
  PAGE_NOT_ADVANCING: false,
  PERMISSION_DENIED: false,
  POLICY_DIFFERS: false,
  PREVIOUS_KEY_IN_USE: false,
  READ_ONLY_DATABASE: false,
  RETENTION_BOUNDS: false,
  // It asks somebody else's service, as a rule; what it answers wrongly is `CONFIG`.
  RETENTION_PROVIDER: true,
  ROWS_KEPT: false,
  ROWS_REFERENCED: false,
  ROW_SECURITY: false,
  RUNS_SCHEMA: false,
  RUN_AMBIGUOUS: false,
  RUN_NOT_FOUND: false,
  // The registry was away, or a lock file cannot be read: the reason alone tells.
  SCAN_UNKNOWN: true,
  SECRETS_ALTERED: false,
  SECRETS_KEPT: false,
  SERIALIZATION_FAILURE: true,
  SHUTTING_DOWN: true,
  STARTUP_GRACE: true,
  STATEMENT_TIMEOUT: true,
  TABLES_NOT_FOUND: false,
  TABLE_CHANGED: true,
  TABLE_NOT_FOUND: false,
  TABLE_VANISHED: false,
  TIME_BUDGET: true,
  TOO_MANY_TIES: false,
  TOTP_KEY: false,
  TOTP_KEYS_WRONG: false,
  TOTP_SECRET_NOT_READ: false,
  TOTP_SELF_CHECK: false,
  TOTP_UNDECRYPTABLE: false,
  UNEXPECTED: false,
  UNEXPECTED_OWNER: false,
  UNREADABLE_WRITTEN: false,
  UNSUPPORTED_SERVER: false,
  USAGE: false,
  USERS_CHANGED: true,
  USERS_HELD: true,
} as const satisfies Readonly<Record<string, boolean>>;

/** Whether a retry can help, by the code of an error; false for a code that is not listed, such as one of another release. */
export function isRetryable(code: string): boolean {
  const codes: Readonly<Record<string, boolean>> = ERROR_CODES;
  return Object.hasOwn(codes, code) && codes[code] === true;
}
