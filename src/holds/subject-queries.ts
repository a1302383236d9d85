import { MaintenanceError } from '../errors/maintenance.error.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { StoredTable } from '../database/stored-table.js';
import { identifierSql, type IdFormat, INTEGER, isId, storedColumn, UUID } from './hold-dimensions.js';
import type { HoldTables } from './hold-predicate.js';

/** One of Tenxyte's tables that say who belongs to whom, as it is stored. */
export interface SubjectSource {
  readonly table: MappedTable;
  readonly stored: StoredTable;
}

/** How the ids of users, applications and organizations are written where they stand. @default in any way */
export type IdFormats = Readonly<Partial<Record<'user' | 'application' | 'organization', IdFormat>>>;

/** In which dimensions a hold holds, and how its ids are written where that is not in digits. */
export function shapeSql(hold: string, formats: IdFormats = {}): string {
  const suffix = (format: IdFormat, wanted: IdFormat | undefined): string =>
    wanted === undefined || wanted === 'text' || wanted === format
      ? format === 'integer'
        ? ''
        : `:${format}`
      : ':unknown';
  const formatted = (id: string, wanted: IdFormat | undefined): string => `case
    when ${id} operator(pg_catalog.~) '${INTEGER}' then '${suffix('integer', wanted)}'
    when ${id} operator(pg_catalog.~*) '${UUID}' then '${suffix('uuid', wanted)}'
    else '${suffix('text', wanted)}'
  end`;
  const part = (dimension: keyof IdFormats, id: string): string =>
    `case when ${id} is not null then '${dimension}' operator(pg_catalog.||) ${formatted(id, formats[dimension])} end`;
  return `pg_catalog.concat_ws('+',
    ${part('user', `${hold}.user_id`)},
    case when ${hold}.identifiers is not null then 'identifiers' end,
    ${part('application', `${hold}.application_id`)},
    ${part('organization', `${hold}.organization_id`)},
    case when pg_catalog.num_nonnulls(${hold}.created_from, ${hold}.created_to) operator(pg_catalog.>) 0 then 'created' end
  )`;
}

/** What the holds name themselves. A uuid as it is written, and in small letters, as a column of that type has it. */
export function namedSubjects({ holds }: HoldTables, chosen: string): string {
  return `
    select hold.id, named.dimension, named.kind, named.value
    from ${holds} as hold
    cross join lateral (
      select id.kind, id.kind, spelling.value
      from (
        values ('user', hold.user_id), ('application', hold.application_id), ('organization', hold.organization_id)
      ) as id (kind, value)
      cross join lateral (
        values (id.value), (case when id.value operator(pg_catalog.~*) '${UUID}' then pg_catalog.lower(id.value) end)
      ) as spelling (value)
      union all
      select 'identifiers', 'identifier', ${identifierSql('identifier')}
      from pg_catalog.unnest(hold.identifiers) as identifier
    ) as named (dimension, kind, value)
    where ${chosen}
      and named.value is not null`;
}

export function membersSql({ holds }: HoldTables, { table, stored }: SubjectSource, chosen: string): string {
  const organization = `membership.${table.sqlColumn('organizationId')}`;
  const type = stored.columnTypes.get(table.column('organizationId'));
  return `
    select hold.id, 'organization', 'user', membership.${table.sqlColumn('userId')}::pg_catalog.text
    from ${holds} as hold
    join ${table.sqlName} as membership on ${isId(organization, type, 'hold.organization_id')}
    where ${chosen}`;
}

/** What a person may have typed to sign in: an e-mail address, a user name, or a phone number with or without its country. */
function identifiersSql({ table, stored }: SubjectSource): string {
  const columnOf = (property: string): string[] => {
    const column = storedColumn(table, stored, property);
    if (column === 'unknown') {
      throw notTold(table.tableName, property);
    }
    return column === 'absent' ? [] : [`account.${column.sqlColumn}::pg_catalog.text`];
  };
  const phones = columnOf('phoneNumber').flatMap((phone) => [
    phone,
    ...columnOf('phoneCountryCode').flatMap((code) => {
      const whole = `pg_catalog.ltrim(${code}, '+') operator(pg_catalog.||) ${phone}`;
      return [whole, `'+' operator(pg_catalog.||) ${whole}`];
    }),
  ]);
  const typed = [...columnOf('email'), ...columnOf('username'), ...phones];
  if (typed.length === 0) {
    throw notTold(table.tableName, 'email, username or phoneNumber');
  }
  return `(values ${typed.map((value) => `(${value})`).join(', ')})`;
}

export function usersByIdentifier({ holds }: HoldTables, users: SubjectSource, chosen: string): string {
  return `
    select named.id, 'identifiers', 'user', account.${users.table.sqlColumn('id')}::pg_catalog.text
    from (
      select hold.id, ${identifierSql('identifier')}
      from ${holds} as hold
      cross join lateral pg_catalog.unnest(hold.identifiers) as identifier
      where ${chosen}
    ) as named (id, identifier)
    join (
      ${users.table.sqlName} as account
      cross join lateral ${identifiersSql(users)} as typed (identifier)
    ) on ${identifierSql('typed.identifier')} operator(pg_catalog.=) named.identifier`;
}

export function identifiersOfUsers({ holds, subjects }: HoldTables, users: SubjectSource, chosen: string): string {
  const { table, stored } = users;
  const id = `account.${table.sqlColumn('id')}`;
  return `
    select hold.id, subject.dimension, 'identifier', ${identifierSql('typed.identifier')}
    from ${holds} as hold
    join ${subjects} as subject
      on subject.hold_id operator(pg_catalog.=) hold.id
      and subject.kind operator(pg_catalog.=) 'user'
    join ${table.sqlName} as account on ${isId(id, stored.columnTypes.get(table.column('id')), 'subject.value')}
    cross join lateral ${identifiersSql(users)} as typed (identifier)
    where ${chosen}`;
}

/** By which column of an agent token it belongs to a subject. */
export const AGENT_SUBJECTS = [
  ['user', 'triggeredById'],
  ['application', 'applicationId'],
  ['organization', 'organizationId'],
] as const;

export function agentTokensSql(
  { holds, subjects }: HoldTables,
  { table }: SubjectSource,
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

/** A table does not tell whom a hold comes to: nobody is not the answer. */
export function notTold(tableName: string, property: string): MaintenanceError {
  return new MaintenanceError(
    'COLUMN_MISSING',
    `Whom the holds come to cannot be told: the entity of ${tableName} maps no column ${property}`,
  );
}
