import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { within } from '../cluster/within.js';
import { onDatabase } from '../support/on-database.js';
import { insertReferences } from '../support/rows.js';
import { tell } from './chaos-settings.js';
import { HarmedReplica } from './harmed-replica.js';
import { keepJournal } from './journal.js';
import { ReplicatedServer } from './replicated-server.js';
import { Wellness } from './wellness.js';
import { Wire } from './wire.js';
import { dueRows, insertLiveRows, insertWork, missingLiveRows } from './work.js';

/** From the start of the processes to the slot of the cleanup: they are ready and the standby has fallen silent by then. */
const UNTIL_SLOT_SECONDS = 15;
const DUE_ROWS = 150;
const PATIENT_MS = 180_000;

describe('a failover to an asynchronous standby that had not received the last seconds', () => {
  let slot: Date;
  const wellness = new Wellness();
  let server: ReplicatedServer;
  let replication: Wire;
  let replicas: readonly HarmedReplica[] = [];
  let before: Snapshot;
  let after: Snapshot;

  const snapshot = async (): Promise<Snapshot> => ({
    runs: (await server.query<{ id: string }>('select id::text from tenxyte_maintenance.runs')).map(({ id }) => id),
    written: (await server.query<{ subject: string }>(`select subject from journal where kind = 'wrote'`)).map(
      ({ subject }) => subject,
    ),
  });
  const untilCleaned = async (): Promise<void> => {
    await within(60, 'the cleanup of the slot has succeeded', async () => {
      const runs = await server.query(
        `select from tenxyte_maintenance.runs where task = 'cleanup' and slot = $1 and status = 'succeeded'`,
        [slot],
      );
      return runs.length > 0;
    });
  };

  beforeAll(async () => {
    server = await ReplicatedServer.start();
    await insertReferences(server);
    await keepJournal(server);
    await insertLiveRows(server);
    await insertWork(server, DUE_ROWS);
    replication = await Wire.to(server.port);
    await server.attachStandby(replication.port);
    slot = new Date(Math.ceil(Date.now() / 1_000 + UNTIL_SLOT_SECONDS) * 1_000);
    const options = {
      schedule: { cleanup: dailyAt(slot), agentHeartbeat: '* * * * * *' },
      leaseSeconds: 3,
      cleanup: { statementTimeoutMs: 500, lockTimeoutMs: 200 },
    } as const;
    replicas = await Promise.all([0, 1, 2].map((number) => HarmedReplica.at(number, { server, options, wellness })));
    await Promise.all(replicas.map((replica) => replica.start()));
    await server.untilStandbyHasAll();
    replication.fallSilent();

    await untilCleaned();
    before = await snapshot();
    await server.failOver();
    after = await snapshot();
    tell(
      `an asynchronous standby, silent before the failover: ${before.runs.length} runs were recorded, ` +
        `${before.runs.length - after.runs.length} of them are gone; ${before.written.length} rows were deleted or changed, ` +
        `${before.written.length - after.written.length} of them are as they were before`,
    );
    replicas.forEach(({ wire }) => wire.leadTo(server.port));
  }, PATIENT_MS);

  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.close()));
    await replication?.close();
    await server?.stop();
  });

  it('loses records of runs, and rows that were deleted are back', async () => {
    expect(before.runs.length).toBeGreaterThan(after.runs.length);
    expect(before.written.length).toBeGreaterThan(after.written.length);
    expect(await dueRows(server)).toBeGreaterThan(0);
  });

  it(
    'has the slot run a second time by the next process that starts, which deletes the same rows again',
    async () => {
      await replicas[0]?.replace();
      await untilCleaned();
      const begun = replicas
        .flatMap(({ words }) => words)
        .filter(({ kind, task }) => kind === 'started' && task === 'cleanup');
      expect(begun.map((word) => word.slot)).toEqual([slot.toISOString(), slot.toISOString()]);
      expect(await dueRows(server)).toBe(0);
      expect(await missingLiveRows(server)).toBe(0);
    },
    PATIENT_MS,
  );
});

describe('a failover to an asynchronous standby that keeps up', () => {
  const WRITERS = 4;
  const LEAST_COMMITS = 2_000;
  let server: ReplicatedServer;

  beforeAll(async () => {
    server = await ReplicatedServer.start();
    await server.query('create table committed (n bigint not null)');
    await server.attachStandby();
  }, PATIENT_MS);

  afterAll(async () => {
    await server?.stop();
  });

  it(
    'may lose the commits that were answered in the last moment, and nothing from before',
    async () => {
      const answered: number[] = [];
      const writers = Array.from({ length: WRITERS }, async (_, writer) => {
        await onDatabase(server.url(), async (client) => {
          client.on('error', () => undefined);
          for (let n = writer; ; n += WRITERS) {
            await client.query('insert into committed values ($1)', [n]);
            answered.push(n);
          }
        }).catch(() => undefined);
      });
      await within(60, `${LEAST_COMMITS} commits are answered`, () => answered.length >= LEAST_COMMITS);
      await server.failOver();
      await Promise.all(writers);

      const kept = new Set((await server.query<{ n: string }>('select n from committed')).map(({ n }) => Number(n)));
      const lost = answered.filter((n) => !kept.has(n));
      tell(
        `an asynchronous standby that keeps up: ${answered.length} commits were answered, ${lost.length} of them are gone`,
      );
      expect(lost.filter((n) => answered.indexOf(n) < LEAST_COMMITS / 2)).toEqual([]);
    },
    PATIENT_MS,
  );
});

interface Snapshot {
  readonly runs: readonly string[];
  readonly written: readonly string[];
}

function dailyAt(slot: Date): string {
  return `${slot.getUTCSeconds()} ${slot.getUTCMinutes()} ${slot.getUTCHours()} * * *`;
}
