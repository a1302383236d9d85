import { describe, expect, it } from '@jest/globals';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences } from '../support/rows.js';
import { useOwnServer } from './own-server.js';
import { useReplicas } from './replicas.js';
import { holdARun, untilEachRunsASlot } from './trouble.js';
import { within } from './within.js';

const OPTIONS = {
  schedule: { cleanup: false, agentHeartbeat: '* * * * * *' },
  leaseSeconds: 3,
  cleanup: { statementTimeoutMs: 500, lockTimeoutMs: 200 },
} as const;
const PATIENT_MS = 120_000;

describe('replicas whose server is restarted in mid-run, with pg_ctl restart -m immediate', () => {
  const server = useOwnServer();
  const { database } = server;
  const replicas = useReplicas();

  it(
    'stay up, record the interrupted run as lost or failed, and run later slots',
    async () => {
      await insertReferences(database);
      const three = await replicas.start(3, database.url, OPTIONS);
      const held = await holdARun(database, three);
      await server.crash();

      const interrupted = await within(20, 'the interrupted run has ended', async () => {
        const run = (await recordedRuns(database)).find(({ id }) => id === held.id);
        return run !== undefined && run.status !== 'running' && run;
      });
      expect(['lost', 'failed']).toContain(interrupted.status);
      expect(three.map(({ isRunning }) => isRunning)).toEqual([true, true, true]);
      await untilEachRunsASlot(database, three);
    },
    PATIENT_MS,
  );
});
