import type { QueryRunner } from 'typeorm';
import { sqlStatement } from '../database/sql-statement.js';
import { inTransaction, readOnlyMode } from '../database/short-transaction.js';
import type { CleanupContext } from './cleanup-context.js';
import type { RuleFindings } from './rule-report.js';
import { type RuledTable, ruleMatches } from './targets/rule-matches.js';

/** All rules of a target together may take so long: without an index each look reads the whole table. */
const LONGEST_MS = 2_000;

/**
 * Tells of each rule to which no row fell whether any row of the table has what it names, due or not, so that a misspelt action is said.
 * Rules that there is no time for are left out, and a look that fails ends them.
 */
export async function probeRules(
  { isDryRun, limits, run }: Pick<CleanupContext, 'isDryRun' | 'limits' | 'run'>,
  queryRunner: QueryRunner,
  ruled: RuledTable,
  tally: Pick<RuleFindings, 'rowsOfKind'>,
): Promise<ReadonlyMap<number, boolean>> {
  const found = new Map<number, boolean>();
  const startedAt = performance.now();
  for (const rule of ruled.rules.filter(({ index }) => tally.rowsOfKind(index) === 0)) {
    const leftMs = Math.round(startedAt + LONGEST_MS - performance.now());
    if (leftMs <= 0 || run.signal.aborted) {
      break;
    }
    const { sql, parameters } = sqlStatement(
      (bind) =>
        `select exists (select from ${ruled.table.sqlName} where ${ruleMatches(ruled, rule)(bind)}) as "hasMatches"`,
    );
    const look = async (): Promise<boolean> => {
      const [answer]: { hasMatches: boolean }[] = await queryRunner.query(sql, parameters);
      return answer?.hasMatches === true;
    };
    try {
      const timeOuts = { ...limits, statementTimeoutMs: leftMs };
      found.set(
        rule.index,
        await (isDryRun
          ? inSavepoint(queryRunner, leftMs, look)
          : inTransaction(queryRunner, readOnlyMode(timeOuts), look)),
      );
    } catch {
      break;
    }
  }
  return found;
}

/** The snapshot of a dry run outlasts a look that fails. */
async function inSavepoint<Result>(
  queryRunner: QueryRunner,
  timeoutMs: number,
  look: () => Promise<Result>,
): Promise<Result> {
  await queryRunner.query('savepoint look');
  try {
    await queryRunner.query(`set local statement_timeout = ${timeoutMs}`);
    return await look();
  } finally {
    await queryRunner.query('rollback to savepoint look');
  }
}
