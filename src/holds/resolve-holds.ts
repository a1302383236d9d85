import type { QueryRunner } from 'typeorm';
import { findStoredTable, type StoredTable } from '../database/stored-table.js';
import type { MappedTable } from '../database/mapped-table.js';
import { inForce } from '../tasks/runs/holds-schema-steps.js';
import { INTEGER, isId, UUID } from './hold-dimensions.js';
import type { HoldTables } from './hold-predicate.js';

/** Tenxyte's tables that say who belongs to whom. */
export interface SubjectSources {
  readonly users: MappedTable;
  readonly agentTokens: MappedTable;
  readonly memberships: MappedTable;
}

/**
 * Writes down what the holds in force come to now, or one of them, and in which dimensions each holds. What they came to before stays:
 * whoever has left an organization or changed an address since the placement is held on. To be called in a transaction that writes.
 */
export async function resolveHolds(
  queryRunner: QueryRunner,
  tables: HoldTables,
  sources: SubjectSources,
  id: string | null = null,
): Promise<void> {
  const parameters = [id];
  const chosen = `${inForce('hold')} and ($1::pg_catalog.uuid is null or hold.id operator(pg_catalog.=) $1::pg_catalog.uuid)`;
  const [{ shapes } = { shapes: [] }]: { shapes: string[] }[] = await queryRunner.query(
    `
    select coalesce(pg_catalog.array_agg(distinct ${shapeSql('hold')}), '{}') as shapes
    from ${tables.holds} as hold
    where ${chosen}`,
    parameters,
  );
  if (shapes.length === 0) {
    return;
  }
  const has = (dimension: string): boolean => shapes.some((shape) => shape.includes(dimension));
  const add = async (select: string): Promise<void> => {
    await queryRunner.query(
      `
      insert into ${tables.subjects} (hold_id, dimension, kind, value)
      select distinct found.id, found.dimension, found.kind, found.value
      from (${select}) as found (id, dimension, kind, value)
      where found.value operator(pg_catalog.<>) ''
      order by found.kind, found.value, found.id, found.dimension
      on conflict do nothing`,
      parameters,
    );
  };
  await add(namedSubjects(tables, chosen));
  const stored = (table: MappedTable): Promise<StoredTable | undefined> => findStoredTable(queryRunner, table);
  const byUser = has('user') || has('identifiers') || has('organization');
  const members = has('organization') ? await stored(sources.memberships) : undefined;
  const users = byUser ? await stored(sources.users) : undefined;
  const agents = await stored(sources.agentTokens);
  if (members !== undefined) {
    await add(membersSql(tables, sources.memberships, members, chosen));
  }
  if (users !== undefined) {
    await add(usersByIdentifier(tables, sources, chosen));
    await add(identifiersOfUsers(tables, sources.users, users, chosen));
  }
  if (agents !== undefined) {
    for (const [kind, property] of AGENT_SUBJECTS) {
      await add(agentTokensSql(tables, sources.agentTokens, { stored: agents, kind, property }, chosen));
    }
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

function membersSql(
  { holds }: HoldTables,
  memberships: MappedTable,
  { columnTypes }: StoredTable,
  chosen: string,
): string {
  const organization = `membership.${memberships.sqlColumn('organizationId')}`;
  const type = columnTypes.get(memberships.column('organizationId'));
  return `
    select hold.id, 'organization', 'user', membership.${memberships.sqlColumn('userId')}::pg_catalog.text
    from ${holds} as hold
    join ${memberships.sqlName} as membership on ${isId(organization, type, 'hold.organization_id')}
    where ${chosen}`;
}

/** What a person may have typed to sign in: an e-mail address, a user name, or a phone number with or without its country. */
function identifiersSql(users: MappedTable): string {
  const column = (property: string): string => `account.${users.sqlColumn(property)}`;
  const country = `pg_catalog.ltrim(${column('phoneCountryCode')}, '+')`;
  const phone = column('phoneNumber');
  return `(
    values (${column('email')}), (${column('username')}), (${phone}),
           (${country} operator(pg_catalog.||) ${phone}::pg_catalog.text),
           ('+' operator(pg_catalog.||) ${country} operator(pg_catalog.||) ${phone}::pg_catalog.text)
  )`;
}

function usersByIdentifier({ holds, subjects }: HoldTables, { users }: SubjectSources, chosen: string): string {
  return `
    select hold.id, 'identifiers', 'user', account.${users.sqlColumn('id')}::pg_catalog.text
    from ${users.sqlName} as account
    cross join lateral ${identifiersSql(users)} as typed (identifier)
    join ${subjects} as subject
      on subject.kind operator(pg_catalog.=) 'identifier'
      and subject.dimension operator(pg_catalog.=) 'identifiers'
      and subject.value operator(pg_catalog.=) pg_catalog.lower(typed.identifier)
    join ${holds} as hold on hold.id operator(pg_catalog.=) subject.hold_id
    where ${chosen}`;
}

function identifiersOfUsers(
  { holds, subjects }: HoldTables,
  users: MappedTable,
  { columnTypes }: StoredTable,
  chosen: string,
): string {
  const id = `account.${users.sqlColumn('id')}`;
  return `
    select hold.id, subject.dimension, 'identifier', pg_catalog.lower(typed.identifier)
    from ${holds} as hold
    join ${subjects} as subject
      on subject.hold_id operator(pg_catalog.=) hold.id
      and subject.kind operator(pg_catalog.=) 'user'
      and subject.dimension operator(pg_catalog.<>) 'identifiers'
    join ${users.sqlName} as account on ${isId(id, columnTypes.get(users.column('id')), 'subject.value')}
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
  tokens: MappedTable,
  { stored, kind, property }: { readonly stored: StoredTable; readonly kind: string; readonly property: string },
  chosen: string,
): string {
  const owner = `token.${tokens.sqlColumn(property)}`;
  return `
    select hold.id, subject.dimension, 'agentToken', token.${tokens.sqlColumn('id')}::pg_catalog.text
    from ${holds} as hold
    join ${subjects} as subject
      on subject.hold_id operator(pg_catalog.=) hold.id
      and subject.kind operator(pg_catalog.=) '${kind}'
    join ${tokens.sqlName} as token on ${isId(owner, stored.columnTypes.get(tokens.column(property)), 'subject.value')}
    where ${chosen}`;
}
