import type { QueryRunner } from 'typeorm';
import type { MappedTable } from '../database/mapped-table.js';
import { inTransaction, readOnlyMode, type TimeOuts } from '../database/short-transaction.js';
import { sqlStatement } from '../database/sql-statement.js';
import { findStoredTable, type StoredTable } from '../database/stored-table.js';
import { errorMessage } from '../errors/error-message.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { CompleteRetentionPolicy } from '../retention/retention-policy.js';
import type { CleanupTables } from './cleanup-tables.js';
import type { RunPolicy } from './run-cutoffs.js';
import { assertOfColumn, columnMatches } from './targets/column-matches.js';

type MembersOf = Required<RunPolicy>['membersOf'];

/** Ids by the organization that they belong to. */
type IdsByOrganization = ReadonlyMap<string, readonly string[]>;

/**
 * Looks the organizations up that rules name: their members, whatever the status of the membership, and the tokens of their agents. Once a
 * run: whoever joins or leaves meanwhile counts as at its start. Nothing is asked when no rule names any.
 *
 * @returns what answers the members of some of them, or throws, for whoever asks, what kept them from being looked up
 */
export async function organizationMembers(
  tables: CleanupTables,
  { rules }: Pick<CompleteRetentionPolicy, 'rules'>,
  {
    limits,
    withQueryRunner,
  }: {
    readonly limits: TimeOuts;
    readonly withQueryRunner: <Result>(work: (queryRunner: QueryRunner) => Promise<Result>) => Promise<Result>;
  },
): Promise<{ readonly membersOf?: MembersOf }> {
  const named = [...new Set(rules.flatMap(({ organizationIds = [] }) => organizationIds))];
  if (named.length === 0) {
    return {};
  }
  try {
    const [users, agentTokens] = await withQueryRunner((queryRunner) =>
      inTransaction(
        queryRunner,
        readOnlyMode(limits),
        async () =>
          [
            await readUsers(queryRunner, tables.of({ entity: 'OrganizationMembership' }), named),
            await readAgentTokens(queryRunner, tables.of({ entity: 'AgentToken' }), named),
          ] as const,
      ),
    );
    const idsIn = (ids: IdsByOrganization, organizationIds: readonly string[]): string[] => [
      ...new Set(organizationIds.flatMap((organization) => ids.get(organization) ?? [])),
    ];
    return {
      membersOf: (organizationIds) => ({
        users: idsIn(users, organizationIds),
        agentTokens: idsIn(agentTokens, organizationIds),
      }),
    };
  } catch (error) {
    return {
      membersOf: () => {
        throw error instanceof MaintenanceError
          ? error
          : new MaintenanceError('RETENTION_RULE', `${UNKNOWN}: ${errorMessage(error)}. Nothing is deleted from it`, {
              cause: error,
            });
      },
    };
  }
}

const UNKNOWN = 'The members of the organizations that its retention rules name could not be looked up';

async function readUsers(
  queryRunner: QueryRunner,
  table: MappedTable,
  named: readonly string[],
): Promise<IdsByOrganization> {
  const stored = await findStoredTable(queryRunner, table);
  if (stored === undefined) {
    const message = `${UNKNOWN}, as there is no table ${table.tableName}. Nothing is deleted from it`;
    throw new MaintenanceError('RETENTION_RULE', message);
  }
  return readIds(queryRunner, { table, ...stored, property: 'userId' }, named);
}

/** A Tenxyte without agents has none of their tokens. */
async function readAgentTokens(
  queryRunner: QueryRunner,
  table: MappedTable,
  named: readonly string[],
): Promise<IdsByOrganization> {
  const stored = await findStoredTable(queryRunner, table);
  return stored === undefined ? new Map() : readIds(queryRunner, { table, ...stored, property: 'id' }, named);
}

async function readIds(
  queryRunner: QueryRunner,
  {
    table,
    columnTypes,
    property,
  }: Pick<StoredTable, 'columnTypes'> & { readonly table: MappedTable; readonly property: string },
  named: readonly string[],
): Promise<IdsByOrganization> {
  const column = { table, columnTypes, property: 'organizationId' };
  assertOfColumn(column, named, 'A rule of retention.rules');
  const { sql, parameters } = sqlStatement(
    (bind) => `
      select ${table.sqlColumn('organizationId')}::pg_catalog.text as organization,
             ${table.sqlColumn(property)}::pg_catalog.text as id
      from ${table.sqlName}
      where ${columnMatches(column, named)(bind)}`,
  );
  const rows: { organization: string; id: string }[] = await queryRunner.query(sql, parameters);
  const ids = new Map<string, string[]>();
  for (const { organization, id } of rows) {
    const found = ids.get(organization) ?? [];
    found.push(id);
    ids.set(organization, found);
  }
  return ids;
}
