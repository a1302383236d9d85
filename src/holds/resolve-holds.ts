import type { QueryRunner } from 'typeorm';
import { findStoredTable } from '../database/stored-table.js';
import type { MappedTable } from '../database/mapped-table.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { inForce } from '../tasks/runs/holds-schema-steps.js';
import { formatOf, type IdFormat, storedColumn } from './hold-dimensions.js';
import type { HoldTables } from './hold-predicate.js';
import {
  AGENT_SUBJECTS,
  agentTokensSql,
  identifiersOfUsers,
  type IdFormats,
  membersSql,
  namedSubjects,
  notTold,
  shapeSql,
  type SubjectSource,
  usersByIdentifier,
} from './subject-queries.js';

/** Tenxyte's tables that say who belongs to whom; each is asked for where a hold needs it. */
export type SourceOf = (entity: 'User' | 'AgentToken' | 'OrganizationMembership') => MappedTable;

/** Those that are needed, of users also for those that identifiers name; undefined where there is no such table, or nobody asks. */
export type SubjectTables = Readonly<Partial<Record<'users' | 'identified' | 'members' | 'agents', SubjectSource>>>;

/**
 * Looks for the tables that holds of some dimensions are looked up in. To be called before the barrier is taken: everybody else would wait.
 *
 * @param named the dimensions, or whole shapes
 * @throws {MaintenanceError} `TABLE_NOT_FOUND` where there is no table of users, or none of memberships for a hold on an organization
 */
export async function findSubjectTables(
  queryRunner: QueryRunner,
  source: SourceOf,
  named: readonly string[],
): Promise<SubjectTables> {
  const has = (dimension: string): boolean => named.some((shape) => shape.includes(dimension));
  const find = async (entity: Parameters<SourceOf>[0]): Promise<SubjectSource | undefined> => {
    const table = source(entity);
    const stored = await findStoredTable(queryRunner, table);
    if (stored !== undefined && stored.securedParts.length > 0) {
      const message = `Whom the holds come to cannot be told: row level security hides rows of ${table.tableName} from the role`;
      throw new MaintenanceError('ROW_SECURITY', message);
    }
    return stored && { table, stored };
  };
  const mustFind = async (entity: Parameters<SourceOf>[0]): Promise<SubjectSource> => {
    const found = await find(entity);
    if (found === undefined) {
      const { tableName } = source(entity);
      const message = `Whom the holds come to cannot be told: the role finds no table ${tableName} on its search path`;
      throw new MaintenanceError('TABLE_NOT_FOUND', message);
    }
    return found;
  };
  const isOfUsers = has('user') || has('identifiers') || has('organization');
  const members = has('organization') ? await mustFind('OrganizationMembership') : undefined;
  const users = isOfUsers ? await mustFind('User') : undefined;
  const agents = isOfUsers || has('application') ? await find('AgentToken') : undefined;
  const identified = has('identifiers') ? users : undefined;
  return {
    ...(members && { members }),
    ...(users && { users }),
    ...(identified && { identified }),
    ...(agents && { agents }),
  };
}

/** The holds in force, with their shapes, resolved or not. */
export async function holdsInForce(
  queryRunner: QueryRunner,
  { holds }: HoldTables,
): Promise<readonly { readonly id: string; readonly shape: string }[]> {
  return queryRunner.query(
    `select hold.id::pg_catalog.text as id, ${shapeSql('hold')} as shape from ${holds} as hold where ${inForce('hold')}`,
  );
}

/**
 * Writes down what some holds come to now, and in which dimensions each holds. What they came to before stays: whoever has left an
 * organization or changed an address since the placement is held on. Of holds that others place meanwhile, which some of the statements would
 * see and some not, nothing is said. To be called in a transaction that writes.
 */
export async function resolveHolds(
  queryRunner: QueryRunner,
  tables: HoldTables,
  { users, identified, members, agents }: SubjectTables,
  ids: readonly string[],
): Promise<void> {
  const formats: IdFormats = {
    ...(users && { user: formatIn(users, 'id') }),
    ...(agents && { application: formatIn(agents, 'applicationId') }),
    ...(members && { organization: formatIn(members, 'organizationId') }),
  };
  const shape = shapeSql('hold', formats);
  const parameters = [ids];
  const chosen = 'hold.id operator(pg_catalog.=) any ($1::pg_catalog.uuid[])';
  const add = async (selects: readonly string[]): Promise<void> => {
    await queryRunner.query(
      `
      insert into ${tables.subjects} (hold_id, dimension, kind, value, target, shape)
      select distinct found.id, found.dimension, found.kind, found.value, hold.target, ${shape}
      from (${selects.join('\nunion all\n')}) as found (id, dimension, kind, value)
      join ${tables.holds} as hold on hold.id operator(pg_catalog.=) found.id
      where found.value operator(pg_catalog.<>) ''
      order by found.kind, found.value, found.id, found.dimension
      on conflict do nothing`,
      parameters,
    );
  };
  await add([
    namedSubjects(tables, chosen),
    ...(members === undefined ? [] : [membersSql(tables, members, chosen)]),
    ...(identified === undefined ? [] : [usersByIdentifier(tables, identified, chosen)]),
  ]);
  const ofAgents =
    agents === undefined
      ? []
      : AGENT_SUBJECTS.flatMap(([kind, property]) => {
          const owner = storedColumn(agents.table, agents.stored, property);
          if (typeof owner === 'string') {
            throw notTold(agents.table.tableName, property);
          }
          return [agentTokensSql(tables, agents, { kind, ...owner }, chosen)];
        });
  const ofSubjects = [...(users === undefined ? [] : [identifiersOfUsers(tables, users, chosen)]), ...ofAgents];
  if (ofSubjects.length > 0) {
    await add(ofSubjects);
  }
  await queryRunner.query(
    `
    update ${tables.holds} as hold
    set shape = ${shape}
    where ${chosen}
      and (hold.shape operator(pg_catalog.=) ${shape}) is not true`,
    parameters,
  );
}

/** How the ids in a column are written. */
export function formatIn({ table, stored }: SubjectSource, property: string): IdFormat {
  const column = storedColumn(table, stored, property);
  return formatOf(typeof column === 'string' ? undefined : column.type);
}
