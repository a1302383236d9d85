import type pg from 'pg';
import { attachedKeys, buildHost, buildRule, buildTrigger } from './attached-objects.js';
import type { PlannedTable, Round } from './attached-plan.js';
import {
  type Attached,
  DEFAULT_ROW,
  type HostTable,
  isActing,
  NOT_ATTACHED,
  onDelete,
  type Part,
  partAt,
  rootOf,
  type Run,
  TARGETS,
  type World,
} from './attached-world.js';

const FIRST_PADDING = 2_000;

/** Drops what earlier rounds have left. */
export async function clear(run: Run): Promise<void> {
  await run('drop schema if exists app cascade; drop table if exists login_attempts, refresh_tokens cascade');
  await run(`create schema app;
    create table app.log ("trigger" text not null, id int not null);
    create function app.logs() returns trigger language plpgsql as $$
      begin insert into app.log values (tg_name, old.id); return null; end $$;
    create function app.counts() returns trigger language plpgsql as $$ begin return null; end $$;
    create function app.cancels() returns trigger language plpgsql as $$
      begin
        if (select count(*) from gone) > 5 then raise exception 'too many' using errcode = 'query_canceled'; end if;
        return null;
      end $$;
    create function app.lets_go() returns trigger language plpgsql as $$ begin return old; end $$;
    create function app.keeps() returns trigger language plpgsql as $$
      begin if old.id % 3 = tg_argv[0]::int then return null; end if; return old; end $$;
    create function app.marks() returns trigger language plpgsql as $$
      begin
        if old.id % 3 = tg_argv[0]::int then
          execute format('update %I.%I set note = ''gone'' where id = $1 and note <> ''gone''', tg_table_schema, tg_table_name)
            using old.id;
          return null;
        end if;
        return old;
      end $$`);
}

/** Builds a planned table with all that is attached to it. */
export async function build(
  client: pg.Client,
  plan: PlannedTable,
  { isOtherRole }: Pick<Round, 'isOtherRole'>,
): Promise<World> {
  const run: Run = (sql, values) => client.query(sql, values);
  const parts = await buildParts(run, plan);
  await fill(run, plan, parts);
  const world: World = {
    plan,
    table: rootOf(parts).name,
    parts,
    attached: [],
    hosts: [],
    apart: [],
    isSecured: isOtherRole && plan.securedPart !== undefined,
    isWithoutZone: false,
    self: isSelfReferring(plan) ? plan.self : undefined,
    held: new Set(),
  };
  const hosts: HostTable[] = [];
  const attached: Attached[] = [];
  for (const [index, key] of plan.keys.entries()) {
    const host = await buildHost(run, world, key, `${plan.target}_host_${index}`);
    hosts.push(host);
    attached.push(...attachedKeys(host));
  }
  if (world.self !== undefined) {
    await run(`alter table ${world.table} add constraint ${plan.target}_self
      foreign key (parent) references ${world.table} (id) ${onDelete(world.self)}`);
    attached.push({
      ...NOT_ATTACHED,
      names: [`public.${plan.target}_self`],
      on: world.table,
      heaps: rootOf(parts).heaps,
      hasToBeAcknowledged: isActing(world.self),
    });
  }
  for (const [index, trigger] of plan.triggers.entries()) {
    attached.push(await buildTrigger(run, parts, trigger, `${plan.target}_trigger_${index}`));
  }
  for (const [index, rule] of plan.rules.entries()) {
    attached.push(await buildRule(run, parts, rule, `${plan.target}_rule_${index}`));
  }
  if (plan.securedPart !== undefined) {
    const { name } = partAt(parts, plan.securedPart);
    await run(`alter table ${name} enable row level security; create policy half on ${name} using (id % 2 = 0)`);
  }
  await run(`analyze ${world.table}`);
  return { ...world, attached, hosts };
}

function isSelfReferring({ by, shape, self }: PlannedTable): boolean {
  return by === 'id' && shape !== 'inherited' && self !== undefined;
}

async function buildParts(run: Run, { target, shape, by, hasAgeIndex }: PlannedTable): Promise<readonly Part[]> {
  const { age, columns, bounds } = TARGETS[target];
  const isPartitioned = shape === 'partitioned' || shape === 'sub-partitioned';
  const column = by === 'id' ? 'id' : age;
  const [first, second] = by === 'id' ? ['10', '20'] : bounds.map((bound) => `'${bound}'`);
  await run(`create table ${target} (id int not null, ${age} timestamptz not null, tag text not null, note text not null,
    parent int ${columns}) ${isPartitioned ? `partition by range (${column})` : ''};
    alter table ${target} alter note set storage plain`);
  const leaf = (name: string): Part => ({ name, isHeap: true, heaps: [name] });
  const [a, b, c] = ['a', 'b', 'c'].map((letter) => `app.${target}_${letter}`) as [string, string, string];
  const parts: Part[] = [];
  if (isPartitioned) {
    const isSub = shape === 'sub-partitioned';
    await run(`create table ${a} partition of ${target} for values from (minvalue) to (${first}) ${isSub ? 'partition by hash (id)' : ''};
      create table ${b} partition of ${target} for values from (${first}) to (${second});
      create table ${c} partition of ${target} default`);
    if (isSub) {
      await run(`create table ${a}0 partition of ${a} for values with (modulus 2, remainder 0);
        create table ${a}1 partition of ${a} for values with (modulus 2, remainder 1)`);
    }
    const leaves = isSub ? [`${a}0`, `${a}1`] : [a];
    parts.push({ name: `public.${target}`, isHeap: false, heaps: [...leaves, b, c] });
    parts.push(...(isSub ? [{ name: a, isHeap: false, heaps: leaves }] : []), ...[...leaves, b, c].map(leaf));
  } else {
    parts.push(leaf(`public.${target}`));
    if (shape === 'inherited') {
      await run(`create table ${a} () inherits (${target}); create table ${b} () inherits (${target})`);
      parts.push(leaf(a), leaf(b));
    }
  }
  for (const { name } of isPartitioned ? parts.slice(0, 1) : parts) {
    await run(`alter table ${name} add primary key (${by === 'id' ? 'id' : `id, ${age}`})`);
    await run(by === 'id' ? `alter table ${name} add unique (id, tag)` : 'select');
    await run(hasAgeIndex ? `create index on ${name} (${age})` : 'select');
  }
  return parts;
}

async function fill(run: Run, plan: PlannedTable, parts: readonly Part[]): Promise<void> {
  const { target, shape, rows, isLarge, hasAgeIndex } = plan;
  // So few due ones that the index is the shorter way.
  const perDueRow = hasAgeIndex ? 40 : 3;
  const { cutoff, values } = TARGETS[target];
  const padding = Array.from({ length: 160 }, (_, index) => ({
    id: FIRST_PADDING + index,
    age: index % perDueRow === 0 ? -3_600_000_000_000 : 3_600_000_000_000,
    isRevoked: false,
    used: 0,
  }));
  const all = [
    ...rows.map(({ age, isRevoked, used, parent = null }, index) => ({
      id: index + 1,
      age,
      isRevoked,
      used,
      parent: parent !== null && parent <= rows.length ? parent : null,
    })),
    { id: DEFAULT_ROW, age: 7_200_000_000_000, isRevoked: false, used: 0 },
    ...(isLarge ? padding : []),
  ];
  for (const [index, { name }] of (shape === 'inherited' ? parts : parts.slice(0, 1)).entries()) {
    await run(
      `insert into ${name}
       select id, cutoff + age * interval '1 microsecond', 'tag' || id, repeat('x', $2), parent ${values}
       from jsonb_to_recordset($1) as given (id int, age bigint, "isRevoked" boolean, used bigint, parent int),
            (select ${cutoff} as cutoff) as cutoff
       ${shape === 'inherited' ? `where id % 3 = ${index}` : ''}
       order by case when id < ${DEFAULT_ROW} then id * 37 % 400 else id * 77 % 400 end`,
      [JSON.stringify(all), isLarge ? 5_000 : 10],
    );
  }
}
