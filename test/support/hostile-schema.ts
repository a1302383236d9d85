import type { TestDatabase } from './test-database.js';

/** The message of whatever is called in the hostile schema: that of the server's own function in which every twin ends. */
export const CAUGHT = 'cannot accept a value of type trigger';

/**
 * Plants a twin of each function, operator and type of `pg_catalog` in the schema `evil`, all of which raise {@link CAUGHT}, and overloads
 * that fit `varchar`, `name` and `integer` better than `pg_catalog`'s own do.
 *
 * @param except names that get none
 */
export async function plantTwins(database: Pick<TestDatabase, 'query'>, except: readonly string[]): Promise<number> {
  await database.query(PLANT);
  await database.query('call evil.plant($1)', [except]);
  const [planted] = await database.query<{ twins: number }>(
    `select (select count(*) from pg_proc where pronamespace = 'evil'::regnamespace)::integer
          + (select count(*) from pg_operator where oprnamespace = 'evil'::regnamespace)::integer
          + (select count(*) from pg_type where typnamespace = 'evil'::regnamespace and typtype = 'd')::integer as twins`,
  );
  return planted?.twins ?? 0;
}

/** What the twins got hold of for good: a column, a constraint or an index outside of their schema that depends on one. */
export async function caughtForGood(database: Pick<TestDatabase, 'query'>): Promise<object[]> {
  return database.query(`
    select pg_describe_object(classid, objid, objsubid) as object, pg_describe_object(refclassid, refobjid, 0) as twin
    -- Up to PostgreSQL 14 what the server itself needs depends on nothing, which has no class.
    from (select * from pg_depend where classid <> 0 and refclassid <> 0 offset 0) as dependency
    where (pg_identify_object(refclassid, refobjid, 0)).schema = 'evil'
      and (pg_identify_object(classid, objid, 0)).schema <> 'evil'`);
}

/** A twin that cannot be, such as one that is there already or one of a type that only the server may name, is passed over. */
const PLANT = `
create schema evil;
create function evil.caught("any") returns boolean language internal as 'trigger_in';

create procedure evil.attempt(statement text) language plpgsql as $$
begin
  execute statement;
exception when others then
  null;
end $$;

create procedure evil.plant(except_names text[]) language plpgsql set search_path = pg_catalog as $$
declare
  twin record;
begin
  for twin in
    select proname as name, pg_get_function_arguments(oid) as arguments, pg_get_function_result(oid) as result
    from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace
      and prokind in ('f', 'a', 'w')
      and proname <> all (except_names)
  loop
    call evil.attempt(format(
      'create function evil.%I(%s) returns %s language internal as ''trigger_in''', twin.name, twin.arguments, twin.result
    ));
  end loop;

  -- The first place that is exchanged, the last one, or all of them.
  for twin in
    select proname as name, near.arguments, pg_get_function_result(function.oid) as result
    from pg_proc as function
    cross join (values ('text', 'varchar'), ('text', 'name'), ('bigint', 'integer')) as exchange (given, near)
    cross join (values (1), (2), (null)) as exchanged (place)
    cross join lateral (
      select string_agg(
               case when type::regtype::text = exchange.given and argument = coalesce(place, argument)
                 then exchange.near
                 else type::regtype::text
               end, ', ' order by argument
             ) as arguments
      from unnest(proargtypes::oid[]) with ordinality as arguments (type, argument)
    ) as near
    where pronamespace = 'pg_catalog'::regnamespace
      and prokind in ('f', 'a', 'w')
      and proname <> all (except_names)
      and exchange.given::regtype = any (proargtypes::oid[])
    union
    select 'format', arguments, 'text'
    from (values ('text, name'), ('text, name, name'), ('text, text'), ('text, text, text')) as near (arguments)
    where 'format' <> all (except_names)
  loop
    call evil.attempt(format(
      'create function evil.%I(%s) returns %s language internal as ''trigger_in''', twin.name, twin.arguments, twin.result
    ));
  end loop;

  analyze pg_proc;
  for twin in
    select operator.oprname as name,
           function.proname as function,
           pg_get_function_identity_arguments(function.oid) as arguments,
           case when operator.oprleft <> 0 then function.proargtypes[0]::regtype end as left_type,
           function.proargtypes[function.pronargs - 1]::regtype as right_type
    from pg_operator as operator
    join pg_proc as original on original.oid = operator.oprcode
    join pg_proc as function
      on function.proname = original.proname
      and function.pronargs = original.pronargs
      and function.pronamespace = 'evil'::regnamespace
    where operator.oprnamespace = 'pg_catalog'::regnamespace
      and operator.oprname <> all (except_names)
  loop
    call evil.attempt(format(
      'create operator evil.%s (function = evil.%I, %srightarg = %s)', twin.name, twin.function,
      'leftarg = ' || twin.left_type || ', ', twin.right_type
    ));
  end loop;

  for twin in
    select typname as name
    from pg_type
    where typnamespace = 'pg_catalog'::regnamespace
      and typtype in ('b', 'r', 'm')
      and typcategory <> 'A'
      and typname <> all (except_names)
  loop
    call evil.attempt(format(
      'create domain evil.%1$I as pg_catalog.%1$I check (evil.caught(value))', twin.name
    ));
  end loop;
end $$;
`;
