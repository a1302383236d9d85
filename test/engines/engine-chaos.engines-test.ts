import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { tell } from '../chaos/chaos-settings.js';
import { SeededChoices } from '../chaos/seeded-choices.js';
import { eventually } from '../support/eventually.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { hasRedis, type Redis, startRedis } from './redis.js';

const PROGRAM = fileURLToPath(new URL('crowd.mjs', import.meta.url));
const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_128);
const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? (process.env['TENXYTE_TEST_LENGTH'] === 'full' ? 60 : 12));
/** Of each kind, 20 in 4 processes. */
const PROCESSES = 4;
const IN_EACH = 5;
const LEASE_SECONDS = 2;
/** From the death of a run until others find its lease over and have run a slot: their next ticks, on a machine that is busy. */
const SLACK_SECONDS = 3;

const SHORT = { leaseSeconds: LEASE_SECONDS, cleanup: { statementTimeoutMs: 400, lockTimeoutMs: 200 } };
const OPTIONS = {
  timers: { ...SHORT, schedule: { cleanup: false, agentHeartbeat: '* * * * * *' } },
  workers: { ...SHORT, schedule: { cleanup: false, agentHeartbeat: { by: 'engine', expression: '* * * * * *' } } },
} as const;
type Kind = keyof typeof OPTIONS;

/**
 * Every run that did its work, as the database saw it, whatever becomes of its row. Each has an agent to suspend, which takes a while, so that
 * some of them are killed at it.
 */
const JOURNAL = `
  create table journal (run uuid, slot timestamptz);
  create function note() returns trigger language plpgsql as $$
  begin
    insert into journal (run, slot) values (new.id, new.slot);
    update agent_tokens set status = 'ACTIVE';
    return null;
  end $$;
  create trigger note after update of status on tenxyte_maintenance.runs
    for each row when (new.status = 'succeeded') execute function note();
  create function dawdle() returns trigger language plpgsql as $$
  begin
    perform pg_sleep(0.2);
    return new;
  end $$;
  create trigger dawdle before update of status on agent_tokens
    for each row when (new.status = 'SUSPENDED') execute function dawdle()`;

(hasRedis() ? describe : describe.skip)(
  'twenty workers of BullMQ and twenty timers, who want the same slots of a second',
  () => {
    const database = useTestDatabase();
    const choices = new SeededChoices(SEED);
    const crowd = new Map<string, ChildProcess>();
    let redis: Redis;
    let queue: Queue;
    let app: MaintenanceApp;
    let kills = 0;
    /** All had started by then; what ran before is about that. */
    let from = 0;

    const start = async (name: string): Promise<void> => {
      const kind = name.split(' ')[0] as Kind;
      const child = spawn(process.execPath, [PROGRAM], {
        env: {
          PATH: process.env['PATH'] ?? '',
          DATABASE_URL: database.url,
          MAINTENANCE_OPTIONS: JSON.stringify(OPTIONS[kind]),
          REDIS_PORT: String(redis.port),
          QUEUE: queue.name,
          KIND: kind,
          COUNT: String(IN_EACH),
        },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      crowd.set(name, child);
      await once(child, 'message');
    };
    const kill = async (name: string): Promise<void> => {
      const child = crowd.get(name);
      if (child !== undefined && child.exitCode === null && child.signalCode === null) {
        const exit = once(child, 'exit');
        child.kill('SIGKILL');
        await exit;
      }
    };
    /** The process that a run is at work in, more often than not; else any. */
    const victim = async (): Promise<string> => {
      const [any = ''] = choices.shuffled(names);
      if (choices.fraction() < 0.3) {
        return any;
      }
      return eventually(async () => {
        const [run] = await database.query<{ owner: string }>(
          `select owner from tenxyte_maintenance.runs where status = 'running' and lease_expires_at > clock_timestamp()`,
        );
        const pid = Number(run?.owner.split(':')[1]);
        return [...crowd].find(([, child]) => child.pid === pid && child.signalCode === null)?.[0];
      });
    };
    const names = (['timers', 'workers'] as const).flatMap((kind) =>
      Array.from({ length: PROCESSES }, (_, number) => `${kind} ${number}`),
    );
    /** As each start of an application does. */
    const schedule = (): Promise<unknown> =>
      queue.upsertJobScheduler(
        'each second',
        { pattern: '* * * * * *' },
        { name: 'agent-heartbeat', opts: { attempts: 3, removeOnComplete: true, removeOnFail: true } },
      );
    const seconds = async (): Promise<number> => {
      const [row] = await database.query<{ at: number }>('select extract(epoch from clock_timestamp())::float8 as at');
      return row?.at ?? 0;
    };

    beforeAll(
      async () => {
        await insertReferences(database);
        await database.query(
          `update agent_tokens set status = 'ACTIVE', heartbeat_required_every = 60, last_heartbeat_at = now() - interval '1 day'`,
        );
        redis = await startRedis();
        app = await maintenanceApp(database.url, { options: OPTIONS.workers });
        await app.maintenance.migrate();
        await database.query(JOURNAL);
        queue = new Queue('crowd', { connection: { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null } });
        await schedule();
        await Promise.all(names.map(start));
        from = await seconds();
        tell(`CHAOS_SEED=${SEED}, ${SECONDS} s of kills`);
        for (let until = choices.between(1, 3); until < SECONDS; until += choices.between(1, 3)) {
          await eventually(async () => (await seconds()) >= from + until);
          const name = await victim();
          await kill(name);
          kills += 1;
          await start(name);
        }
        // Timers are the quicker ones; without them, the engine has the slots. Kills may have broken the chain of its jobs, as they do.
        await Promise.all(names.filter((name) => name.startsWith('timers')).map(kill));
        await schedule();
        await eventually(async () => (await seconds()) >= from + SECONDS + 2 * (LEASE_SECONDS + SLACK_SECONDS));
      },
      (SECONDS + 120) * 1_000,
    );
    afterAll(async () => {
      await Promise.all([...crowd.keys()].map(kill));
      await queue?.close();
      await app?.close();
      await redis?.stop();
    });

    it('run none of them twice', async () => {
      expect(kills).toBeGreaterThan(SECONDS / 6);
      expect(
        await database.query('select slot, count(*)::int as runs from journal group by slot having count(*) > 1'),
      ).toEqual([]);
      const [sum] = await database.query<{ slots: number; engine: number; cron: number }>(
        `select count(*)::int as slots, count(*) filter (where trigger = 'engine')::int as engine,
              count(*) filter (where trigger = 'cron')::int as cron
       from journal join tenxyte_maintenance.runs as run on run.id = journal.run`,
      );
      tell(`${sum?.slots} slots run, ${sum?.engine} by workers and ${sum?.cron} by timers, beside ${kills} kills`);
      const [lost] = await database.query<{ runs: number }>(
        `select count(*)::int as runs from tenxyte_maintenance.runs where status = 'lost'`,
      );
      tell(`${lost?.runs} runs were killed at work`);
      expect(lost?.runs).toBeGreaterThan(0);
      expect(sum?.engine).toBeGreaterThan(0);
      expect(sum?.cron).toBeGreaterThan(0);
    });

    it('lose none but those of a lease after the death of a run', async () => {
      const [slowest] = await database.query<{ seconds: number }>(
        `select max(extract(epoch from finished_at - started_at))::float8 as seconds
         from tenxyte_maintenance.runs where status = 'lost'`,
      );
      tell(`a run that was killed stood in the way for ${slowest?.seconds} s at most`);
      expect(slowest?.seconds).toBeLessThanOrEqual(LEASE_SECONDS + SLACK_SECONDS);
      const lost = await database.query(
        `select slot.at
         from (select min(slot) as first, max(slot) as last from journal where slot > to_timestamp($1)) as range,
              generate_series(range.first, range.last, interval '1 second') as slot (at)
         where not exists (select from journal where journal.slot = slot.at)
           and not exists (
             select from tenxyte_maintenance.runs as run
             where run.status = 'lost'
               and slot.at between run.started_at - interval '1 second' and run.finished_at + interval '1 second')`,
        [from],
      );
      expect(lost).toEqual([]);
    });
  },
);
