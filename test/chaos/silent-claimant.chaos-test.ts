import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { slotsOf, windowEnd } from '../cluster/slots.js';
import { untilRunsSucceed } from '../cluster/trouble.js';
import { useOwnServer } from '../cluster/own-server.js';
import { insertReferences } from '../support/rows.js';
import { HarmedReplica } from './harmed-replica.js';
import { CLAIM_WRITTEN, keepJournal } from './journal.js';
import { Wellness } from './wellness.js';

const LEASE_SECONDS = 3;
/** Shorter than what the server gives a transaction that lies open, longer than a lease. */
const SILENT_MS = 12_000;
/** What a claim may take that meets a row somebody holds, and the next one. */
const TAKEOVER_SECONDS = 3;
const OPTIONS = {
  schedule: { cleanup: false, agentHeartbeat: '* * * * * *' },
  leaseSeconds: LEASE_SECONDS,
  cleanup: { statementTimeoutMs: 500, lockTimeoutMs: 200 },
} as const;
const PATIENT_MS = 120_000;

describe('a process whose network falls silent after its claim was written and before it is committed', () => {
  const { database } = useOwnServer();
  const wellness = new Wellness();
  let replicas: readonly HarmedReplica[] = [];

  beforeAll(async () => {
    await insertReferences(database);
    await keepJournal(database);
    const server = { port: Number(new URL(database.url).port), url: (port: number) => withPort(database.url, port) };
    replicas = await Promise.all(
      [0, 1].map((number) => HarmedReplica.at(number, { server, options: OPTIONS, wellness })),
    );
    await Promise.all(replicas.map((replica) => replica.start()));
    await untilRunsSucceed(database, 3);
  }, PATIENT_MS);

  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  it.each([
    { end: 'goes on', isCut: false },
    { end: 'is cut', isCut: true },
  ])(
    'leaves a record of each slot, its own included, and the task to others after its lease, until the network $end',
    async ({ isCut }) => {
      const [silent] = replicas;
      await silent?.wire.interruptNext('silence', CLAIM_WRITTEN);
      const first = new Date(nextSecond().getTime() - 1_000);
      await delay(SILENT_MS);
      const last = new Date(nextSecond().getTime() - 2_000);
      if (isCut) {
        silent?.wire.cut();
      }
      silent?.wire.goOn();
      await windowEnd(database, { first, last });

      const slots = await slotsOf(database, { first, last });
      expect(slots.filter(({ runs }) => runs.length !== 1)).toEqual([]);
      const later = slots.slice(LEASE_SECONDS + TAKEOVER_SECONDS);
      expect(later.length).toBeGreaterThan(0);
      expect(later).toEqual(later.map(({ slot }) => ({ slot, runs: ['succeeded'] })));
    },
    PATIENT_MS,
  );
});

function nextSecond(): Date {
  return new Date(Math.ceil((Date.now() + 1) / 1_000) * 1_000);
}

function withPort(url: string, port: number): string {
  const led = new URL(url);
  led.port = String(port);
  return led.href;
}
