import type { RunRow } from './run-row.js';

/**
 * Errors of partial runs that did all there was to do, and found what only a person can see to: such a run warns, but is neither late nor
 * failing, or a health endpoint would stay down for one damaged row.
 */
const FINDINGS: readonly string[] = ['TOTP_UNDECRYPTABLE'];

/** True for a run that succeeded, or was partial for its findings alone. */
export function isComplete({ status, error }: Pick<RunRow, 'status' | 'error'>): boolean {
  return status === 'succeeded' || (status === 'partial' && FINDINGS.includes(error?.code ?? ''));
}

/** The same as SQL, of a row of the table of runs under the name `run`. */
export function completeSql(): string {
  const findings = FINDINGS.map((code) => `'${code}'`).join(', ');
  return `(run.status = 'succeeded' or (run.status = 'partial' and run.error ->> 'code' in (${findings})))`;
}
