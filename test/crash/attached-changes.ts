import type pg from 'pg';
import type { Disturbance } from './attached-plan.js';
import { attachedKeys, buildHost, buildTrigger } from './attached-objects.js';
import { ageOf, type Attached, cutoffOf, type HostTable, partAt, type World } from './attached-world.js';

type Change = Extract<Disturbance, { kind: 'change' }>;

/** Changes a table as planned and answers what it is from then on; undefined where PostgreSQL refuses, and nothing is changed. */
export async function changeTable(client: pg.Client, world: World, change: Change): Promise<World | undefined> {
  const isTransaction = change.change !== 'vacuum full';
  try {
    await client.query(isTransaction ? 'begin' : 'select');
    const changed = await carryOut(client, world, change);
    await client.query(isTransaction ? 'commit' : 'select');
    return changed;
  } catch {
    await client.query('rollback');
    return undefined;
  }
}

async function carryOut(client: pg.Client, world: World, { change, part, rows }: Change): Promise<World | undefined> {
  const { table, plan } = world;
  const [age, name] = [ageOf(world), plan.target];
  switch (change) {
    case 'detach partition':
    case 'drop partition': {
      const child = `app.${name}_${'abc'[part % 3] ?? ''}`;
      await client.query(
        change === 'drop partition' ? `drop table ${child}` : `alter table ${table} detach partition ${child}`,
      );
      return withoutPart(world, child, change === 'drop partition' ? [] : [child]);
    }
    case 'vacuum full':
      await client.query(`vacuum full ${table}`);
      return world;
    case 'add column':
      await client.query(`alter table ${table} add column extra int not null default 1`);
      return world;
    case 'alter type':
      await client.query(`alter table ${table} alter ${age} type timestamp`);
      return { ...world, isWithoutZone: true };
    case 'replace':
      await client.query(`alter table ${table} rename to ${name}_old; alter table public.${name}_old set schema app;
        create table ${table} (like app.${name}_old);
        insert into ${table} (id, ${age}, tag, note) values (5000, '2020-01-01', '', ''), (5001, 'infinity', '', '')`);
      return {
        ...world,
        parts: [{ name: table, isHeap: true, heaps: [table] }],
        attached: [],
        apart: [`app.${name}_old`],
        isSecured: false,
        self: undefined,
      };
    case 'add cascade':
    case 'add key':
    case 'add trigger':
      return attach(client, world, { change, part, rows });
    case 'refer':
      return refer(client, world, partAt(world.hosts, part), rows);
    case 'revive':
      await client.query(
        `update ${table} set ${age} = ${cutoffOf(world)} + interval '9 days'
         ${name === 'refresh_tokens' ? ', is_revoked = false' : ''} where id = any ($1)`,
        [rows],
      );
      return world;
    default:
      await client.query(
        `insert into ${table} (id, ${age}, tag, note) values (6000, '2020-01-01', '', ''), (6001, 'infinity', '', '')`,
      );
      return world;
  }
}

async function attach(
  client: pg.Client,
  world: World,
  { change, part, rows }: Pick<Change, 'change' | 'part' | 'rows'>,
): Promise<World> {
  const run = async (sql: string, values?: unknown[]): Promise<unknown> => client.query(sql, values);
  const { target } = world.plan;
  if (change === 'add trigger') {
    const trigger = { kind: 'keeps', on: part, firing: 'O', rest: 0 } as const;
    const late = await buildTrigger(run, world.parts, trigger, `${target}_late_trigger`);
    return { ...world, attached: [...world.attached, late] };
  }
  const action = change === 'add key' ? 'no action' : 'cascade';
  const referring = rows.map((row) => ({ row, isPartial: false }));
  const shape = { isOfSeveralColumns: false, isIndexed: true, isPartitioned: false, deeper: undefined };
  const host = await buildHost(run, world, { action, to: part, rows: referring, ...shape }, `${target}_late`);
  return { ...world, hosts: [...world.hosts, host], attached: [...world.attached, ...attachedKeys(host)] };
}

async function refer(client: pg.Client, world: World, host: HostTable, rows: readonly number[]): Promise<World> {
  const only = world.plan.shape === 'inherited' ? 'only' : '';
  const second = world.plan.by === 'age' ? ageOf(world) : 'tag';
  const given = host.columns.length === 2 ? `id, ${second}` : 'id';
  await client.query(
    `insert into ${host.name} (id, ${host.columns.join(', ')})
     select 100 + id, ${given} from ${only} ${host.on} where id = any ($1)`,
    [rows],
  );
  return world;
}

/** A partition that is none any more takes what is attached to it, and to what is below it, along. */
function withoutPart(world: World, child: string, apart: readonly string[]): World {
  const removed = world.parts.filter(({ name }) => name.startsWith(child));
  const isGone = (name: string): boolean => removed.some((part) => part.name === name);
  const staying = (heaps: readonly string[]): readonly string[] => heaps.filter((heap) => !isGone(heap));
  return {
    ...world,
    apart,
    parts: world.parts.filter(({ name }) => !isGone(name)).map((part) => ({ ...part, heaps: staying(part.heaps) })),
    attached: world.attached
      .filter(({ on }) => !isGone(on))
      .map((attached): Attached => ({ ...attached, heaps: staying(attached.heaps) })),
    isSecured: world.isSecured && !isGone(partAt(world.parts, world.plan.securedPart ?? 0).name),
  };
}
