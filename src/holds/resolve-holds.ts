import type { QueryRunner } from 'typeorm';
import { findStoredTable, type StoredTable } from '../database/stored-table.js';
import type { MappedTable } from '../database/mapped-table.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { inForce } from '../tasks/runs/holds-schema-steps.js';
import { INTEGER, isId, storedColumn, UUID } from './hold-dimensions.js';
import type { HoldTables } from './hold-predicate.js';

/** Tenxyte's tables that say who belongs to whom; each is asked for where a hold needs it. */
export type SubjectSource = (entity: 'User' | 'AgentToken' | 'OrganizationMembership') => MappedTable;

/** One of them, as it is stored. */
interface Source {
  readonly table: MappedTable;
  readonly stored: StoredTable;
}

/** Those that are needed, of users also for those that identifiers name; undefined where there is no such table, or nobody asks. */
export type SubjectTables = Readonly<Partial<Record<'users' | 'identified' | 'members' | 'agents', Source>>>;

/**
 * Looks for the tables that holds of some dimensions are looked up in. To be called before the barrier is taken: everybody else would wait.
 *
 * @param named the dimensions, or whole shapes
 * @throws {MaintenanceError} `TABLE_NOT_FOUND` where there is no table of users, or none of memberships for a hold on an organization
 */
export async function findSubjectTables(
  queryRunner: QueryRunner,
  source: SubjectSource,
  named: readonly string[],
): Promise<SubjectTables> {
  const has = (dimension: string): boolean => named.some((shape) => shape.includes(dimension));
  const find = async (entity: Parameters<SubjectSource>[0]): Promise<Source | undefined> => {
    const table = source(entity);
    const stored = await findStoredTable(queryRunner, table);
    return stored && { table, stored };
  };
  const mustFind = async (entity: Parameters<SubjectSource>[0]): Promise<Source> => {
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
  const parameters = [ids];
  const chosen = 'hold.id operator(pg_catalog.=) any ($1::pg_catalog.uuid[])';
  const add = async (selects: readonly string[]): Promise<void> => {
    await queryRunner.query(
      `
      insert into ${tables.subjects} (hold_id, dimension, kind, value, target, shape)
      select distinct found.id, found.dimension, found.kind, found.value, hold.target, ${shapeSql('hold')}
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
          return owner === undefined ? [] : [agentTokensSql(tables, agents, { kind, ...owner }, chosen)];
        });
  const ofSubjects = [...(users === undefined ? [] : [identifiersOfUsers(tables, users, chosen)]), ...ofAgents];
  if (ofSubjects.length > 0) {
    await add(ofSubjects);
  }
  await queryRunner.query(
    `
    update ${tables.holds} as hold
    set shape = ${shapeSql('hold')}
    where ${chosen}
      and (hold.shape operator(pg_catalog.=) ${shapeSql('hold')}) is not true`,
    parameters,
  );
}

/** In which dimensions a hold holds, and how its ids are written where that is not in digits. */
function shapeSql(hold: string): string {
  const format = (id: string): string => `case
    when ${id} operator(pg_catalog.~) '${INTEGER}' then ''
    when ${id} operator(pg_catalog.~) '${UUID}' then ':uuid'
    else ':text'
  end`;
  const part = (dimension: string, id: string): string =>
    `case when ${id} is not null then '${dimension}' operator(pg_catalog.||) ${format(id)} end`;
  return `pg_catalog.concat_ws('+',
    ${part('user', `${hold}.user_id`)},
    case when ${hold}.identifiers is not null then 'identifiers' end,
    ${part('application', `${hold}.application_id`)},
    ${part('organization', `${hold}.organization_id`)},
    case when pg_catalog.num_nonnulls(${hold}.created_from, ${hold}.created_to) operator(pg_catalog.>) 0 then 'created' end
  )`;
}

function namedSubjects({ holds }: HoldTables, chosen: string): string {
  return `
    select hold.id, named.dimension, named.kind, named.value
    from ${holds} as hold
    cross join lateral (
      values ('user', 'user', hold.user_id),
             ('application', 'application', hold.application_id),
             ('organization', 'organization', hold.organization_id)
      union all
      select 'identifiers', 'identifier', pg_catalog.lower(pg_catalog.btrim(identifier))
      from pg_catalog.unnest(hold.identifiers) as identifier
    ) as named (dimension, kind, value)
    where ${chosen}
      and named.value is not null`;
}

function membersSql({ holds }: HoldTables, { table, stored }: Source, chosen: string): string {
  const organization = `membership.${table.sqlColumn('organizationId')}`;
  const type = stored.columnTypes.get(table.column('organizationId'));
  return `
    select hold.id, 'organization', 'user', membership.${table.sqlColumn('userId')}::pg_catalog.text
    from ${holds} as hold
    join ${table.sqlName} as membership on ${isId(organization, type, 'hold.organization_id')}
    where ${chosen}`;
}

/** What a person may have typed to sign in: an e-mail address, a user name, or a phone number with or without its country. */
function identifiersSql({ table, stored }: Source): string {
  const columnOf = (property: string): string[] => {
    const column = storedColumn(table, stored, property);
    return column === undefined ? [] : [`account.${column.sqlColumn}::pg_catalog.text`];
  };
  const phones = columnOf('phoneNumber').flatMap((phone) => [
    phone,
    ...columnOf('phoneCountryCode').flatMap((code) => {
      const whole = `pg_catalog.ltrim(${code}, '+') operator(pg_catalog.||) ${phone}`;
      return [whole, `'+' operator(pg_catalog.||) ${whole}`];
    }),
  ]);
  const typed = [...columnOf('email'), ...columnOf('username'), ...phones];
  return `(values ${(typed.length === 0 ? ['null::pg_catalog.text'] : typed).map((value) => `(${value})`).join(', ')})`;
}

function usersByIdentifier({ holds }: HoldTables, users: Source, chosen: string): string {
  return `
    select named.id, 'identifiers', 'user', account.${users.table.sqlColumn('id')}::pg_catalog.text
    from (
      select hold.id, pg_catalog.lower(pg_catalog.btrim(identifier))
      from ${holds} as hold
      cross join lateral pg_catalog.unnest(hold.identifiers) as identifier
      where ${chosen}
    ) as named (id, identifier)
    join (
      ${users.table.sqlName} as account
      cross join lateral ${identifiersSql(users)} as typed (identifier)
    ) on pg_catalog.lower(typed.identifier) operator(pg_catalog.=) named.identifier`;
}

function identifiersOfUsers({ holds, subjects }: HoldTables, users: Source, chosen: string): string {
  const { table, stored } = users;
  const id = `account.${table.sqlColumn('id')}`;
  return `
    select hold.id, subject.dimension, 'identifier', pg_catalog.lower(typed.identifier)
    from ${holds} as hold
    join ${subjects} as subject
      on subject.hold_id operator(pg_catalog.=) hold.id
      and subject.kind operator(pg_catalog.=) 'user'
      and subject.dimension operator(pg_catalog.<>) 'identifiers'
    join ${table.sqlName} as account on ${isId(id, stored.columnTypes.get(table.column('id')), 'subject.value')}
    cross join lateral ${identifiersSql(users)} as typed (identifier)
    where ${chosen}`;
}

/** By which column of an agent token it belongs to a subject. */
const AGENT_SUBJECTS = [
  ['user', 'triggeredById'],
  ['application', 'applicationId'],
  ['organization', 'organizationId'],
] as const;

function agentTokensSql(
  { holds, subjects }: HoldTables,
  { table }: Source,
  owner: { readonly kind: string; readonly sqlColumn: string; readonly type: string },
  chosen: string,
): string {
  return `
    select hold.id, subject.dimension, 'agentToken', token.${table.sqlColumn('id')}::pg_catalog.text
    from ${holds} as hold
    join ${subjects} as subject
      on subject.hold_id operator(pg_catalog.=) hold.id
      and subject.kind operator(pg_catalog.=) '${owner.kind}'
    join ${table.sqlName} as token on ${isId(`token.${owner.sqlColumn}`, owner.type, 'subject.value')}
    where ${chosen}`;
}
