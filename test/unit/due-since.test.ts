import { describe, expect, it } from '@jest/globals';
import type { MappedTable } from '../../src/database/mapped-table.js';
import { sqlText } from '../../src/database/sql-statement.js';
import type { DueCondition } from '../../src/cleanup/targets/define-cleanup-target.js';
import { dueSince } from '../../src/cleanup/targets/due-since.js';

const TABLE: MappedTable = {
  sqlName: 't',
  tableName: 't',
  column: (property) => property,
  sqlColumn: (property) => property,
};
const A: DueCondition = { before: 'a', cutoff: 'auditLogDays' };
const B: DueCondition = { before: 'b', cutoff: 'loginAttemptsDays' };

function sinceOf(condition: DueCondition): string | undefined {
  const since = dueSince(condition, {
    table: TABLE,
    cutoffs: () => ({ instant: 'cutoff', isZero: false }),
    secondsOf: (option) => (option === 'auditLogDays' ? 10 : 20),
  });
  return since === undefined ? undefined : sqlText(since);
}

const SINCE_A = `(a operator(pg_catalog.+) ('10'::pg_catalog.int8 operator(pg_catalog.*) interval '1 second'))`;
const SINCE_B = `(b operator(pg_catalog.+) ('20'::pg_catalog.int8 operator(pg_catalog.*) interval '1 second'))`;
const holds = (column: string): string => `${column} operator(pg_catalog.<) 'cutoff'::pg_catalog.timestamptz`;

describe('the moment since when a row is due', () => {
  it('is its time and its retention', () => {
    expect(sinceOf(A)).toBe(SINCE_A);
  });

  it('is the first one of alternatives, of those that came true', () => {
    expect(sinceOf({ anyOf: [A, B, { isTrue: 'flag' }] })).toBe(
      `least(case when ${holds('a')} then ${SINCE_A} end, case when ${holds('b')} then ${SINCE_B} end)`,
    );
  });

  it('is the last one of conditions that must all hold', () => {
    expect(sinceOf({ allOf: [A, { isNull: 'flag' }, B] })).toBe(`greatest(${SINCE_A}, ${SINCE_B})`);
  });

  it.each<DueCondition>([
    { isTrue: 'flag' },
    { differs: 'status', from: 'accepted' },
    { when: { isTrue: 'flag' }, graceSince: 'a', cutoff: 'auditLogDays' },
    { anyOf: [{ isTrue: 'flag' }] },
  ])('cannot be told of %j', (condition) => {
    expect(sinceOf(condition)).toBeUndefined();
  });
});
