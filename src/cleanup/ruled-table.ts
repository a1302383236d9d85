import type { MappedTable } from '../database/mapped-table.js';
import type { StoredTable } from '../database/stored-table.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import { retentionOf, retentionOfDays, rulesOf, type RunPolicy } from './run-cutoffs.js';
import type { OrganizationMembers, RuledTable } from './targets/rule-matches.js';

const NO_MEMBERS = (): OrganizationMembers => ({ users: [], agentTokens: [] });

/** A target's table with the rules for its rows in one run; undefined of a target without rules. */
export function ruledTable(
  terms: RunPolicy,
  target: AnyCleanupTarget,
  table: MappedTable,
  { columnTypes }: Pick<StoredTable, 'columnTypes'>,
): RuledTable | undefined {
  const rules = rulesOf(terms, target);
  return rules.length === 0
    ? undefined
    : {
        target,
        table,
        columnTypes,
        rules,
        membersOf: terms.membersOf ?? NO_MEMBERS,
        byDefault: retentionOf(terms),
        ofDays: (days) => retentionOfDays(terms.runAt, days),
      };
}
