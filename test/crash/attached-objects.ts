import type { PlannedKey, PlannedRule, PlannedTrigger } from './attached-plan.js';
import {
  type Attached,
  DEFAULT_ROW,
  type HostTable,
  isActing,
  NOT_ATTACHED,
  onDelete,
  type Part,
  partAt,
  type Run,
  TARGETS,
  type World,
} from './attached-world.js';

/** What a key and that of the deeper table have to be acknowledged for. */
export function attachedKeys({ name, on, heaps, action, deeper }: HostTable): Attached[] {
  const common = { ...NOT_ATTACHED, on, heaps };
  return [
    { ...common, names: [`${name}_fk`], hasToBeAcknowledged: isActing(action) },
    ...(deeper === undefined || action !== 'cascade'
      ? []
      : [{ ...common, names: [`${deeper.name}_fk`], hasToBeAcknowledged: isActing(deeper.action) }]),
  ];
}

/** A table that refers to one of a target's parts, and one that refers to it. */
export async function buildHost(
  run: Run,
  world: Pick<World, 'plan' | 'parts'>,
  key: PlannedKey,
  table: string,
): Promise<HostTable> {
  const { plan, parts } = world;
  const to = partAt(parts, key.to);
  const age = TARGETS[plan.target].age;
  const columns = plan.by === 'age' ? ['id', age] : key.isOfSeveralColumns ? ['id', 'tag'] : ['id'];
  const own = columns.map((_, index) => `ref${index}`);
  const name = `app.${table}`;
  const canDefault =
    key.action === 'set default' && key.to % parts.length === 0 && columns.length === 1 && plan.shape !== 'inherited';
  const types: Record<string, string> = { id: 'int', tag: 'text', [age]: 'timestamptz' };
  await run(`create table ${name} (id int primary key,
    ${columns.map((column, index) => `ref${index} ${types[column] ?? ''} ${canDefault ? `default ${DEFAULT_ROW}` : ''}`).join(', ')})
    ${key.isPartitioned ? 'partition by hash (id)' : ''}`);
  if (key.isPartitioned) {
    await run(`create table ${name}_only partition of ${name} for values with (modulus 1, remainder 0)`);
  }
  await run(
    `insert into ${name} select n, ${columns
      .map((column, index) =>
        index === 1 ? `case when "isPartial" then null else ${column} end` : `referenced.${column}`,
      )
      .join(', ')}
     from rows from (jsonb_to_recordset($1) as ("row" int, "isPartial" boolean)) with ordinality as given ("row", "isPartial", n)
     join ${plan.shape === 'inherited' ? 'only' : ''} ${to.name} as referenced on referenced.id = "row"`,
    [JSON.stringify(key.rows)],
  );
  await run(`alter table ${name} add constraint ${table}_fk foreign key (${own.join(', ')})
    references ${to.name} (${columns.join(', ')}) ${onDelete(key.action)}`);
  if (key.isIndexed) {
    await run(`create index on ${name} (ref0)`);
  }
  const deeper = key.deeper === undefined ? undefined : { name: `app.${table}_deeper`, action: key.deeper };
  if (deeper !== undefined) {
    await run(`create table ${deeper.name} (id int primary key,
      ref0 int constraint ${table}_deeper_fk references ${name} (id) ${onDelete(deeper.action)})`);
    await run(`insert into ${deeper.name} select id, id from ${name} where id % 2 = 0`);
  }
  return { name, on: to.name, heaps: to.heaps, action: key.action, columns: own, deeper };
}

const FIRING: Readonly<Record<string, string>> = { O: 'enable', A: 'enable always', R: 'enable replica', D: 'disable' };
const TIMING: Readonly<Record<PlannedTrigger['kind'], string>> = {
  logs: 'after',
  counts: 'after',
  cancels: 'after',
  'lets go': 'before',
  keeps: 'before',
  marks: 'before',
};

/** A trigger on one of a table's parts. */
export async function buildTrigger(
  run: Run,
  parts: readonly Part[],
  { kind, on, firing, rest }: PlannedTrigger,
  name: string,
): Promise<Attached> {
  const part = partAt(parts, on);
  const isForRows = kind !== 'counts' && kind !== 'cancels';
  await run(`create trigger ${name} ${TIMING[kind]} delete on ${part.name}
    ${kind === 'cancels' ? 'referencing old table as gone' : ''} for each ${isForRows ? 'row' : 'statement'}
    execute function app.${kind.replace(' ', '_')}(${isForRows ? rest : ''})`);
  await run(`alter table ${part.name} ${FIRING[firing] ?? ''} trigger ${name}`);
  const isOn = firing === 'O' || firing === 'A';
  const heaps = isForRows || part.isHeap ? part.heaps : [];
  const isKeeping = isOn && (kind === 'keeps' || kind === 'marks');
  return {
    ...NOT_ATTACHED,
    names: (isForRows ? heaps : [part.name]).map((relation) => `${relation.split('.')[0] ?? ''}.${name}`),
    on: part.name,
    heaps,
    // A partitioned table's has no say over its partitions, nor has a parent's over its children.
    hasToBeAcknowledged: isOn && !isForRows && (!part.isHeap || (part === parts[0] && parts.length > 1)),
    isKeeper: isOn && TIMING[kind] === 'before',
    keeps: (id) => isKeeping && id % 3 === rest,
    logsAs: isOn && kind === 'logs' ? name : undefined,
  };
}

/** A rule on one of a table's parts. */
export async function buildRule(
  run: Run,
  parts: readonly Part[],
  { kind, on, firing, rest }: PlannedRule,
  name: string,
): Promise<Attached> {
  const part = partAt(parts, on);
  await run(
    `create rule ${name} as on delete to ${part.name} ${
      kind === 'nothing'
        ? `where old.id % 3 = ${rest} do instead nothing`
        : `do also insert into app.log values ('${name}', old.id)`
    }`,
  );
  await run(`alter table ${part.name} ${FIRING[firing] ?? ''} rule ${name}`);
  const isOn = firing === 'O' || firing === 'A';
  return {
    ...NOT_ATTACHED,
    names: [`${part.name.split('.')[0] ?? ''}.${name}`],
    on: part.name,
    heaps: part.isHeap ? part.heaps : [],
    hasToBeAcknowledged: isOn,
    isKeeper: isOn && part.isHeap,
    isRule: isOn && part.isHeap,
    keeps: (id) => isOn && kind === 'nothing' && part.isHeap && id % 3 === rest,
  };
}
