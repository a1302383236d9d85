import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import { ActiveRun } from '../../src/tasks/active-run.js';
import { ActiveRuns } from '../../src/tasks/active-runs.js';

const newRun = (): ActiveRun =>
  new ActiveRun({
    dataSource: {} as DataSource,
    runId: 'run-1',
    isScheduled: false,
    lease: undefined,
    shutdownTimeoutMs: 60_000,
  });

describe('the runs of a process that shuts down', () => {
  let runs: ActiveRuns;
  let errors: unknown[];

  beforeEach(() => {
    errors = [];
    Logger.overrideLogger({ log: () => undefined, warn: () => undefined, error: (text) => errors.push(text) });
    runs = new ActiveRuns(resolveMaintenanceOptions({ shutdownTimeoutMs: 100 }).coordination);
  });
  afterEach(() => Logger.overrideLogger(true));

  it('are asked to stop, one that begins too late too', async () => {
    const early = newRun();
    const work = runs.during(early, async () => undefined);
    runs.onModuleDestroy();
    expect(early.stopReason).toBe('shutdown');
    await work;

    const late = newRun();
    expect(await runs.during(late, async () => late.stopReason)).toBe('shutdown');
  });

  it('are waited for', async () => {
    const end = new AbortController();
    const work = runs.during(newRun(), () => once(end.signal, 'abort'));
    runs.onModuleDestroy();
    const shutdown = runs.beforeApplicationShutdown();
    end.abort();
    await Promise.all([shutdown, work]);
    expect(errors).toEqual([]);
  });

  it('are left to their leases, by name, when they do not stop in time', async () => {
    const end = new AbortController();
    const work = runs.during(newRun(), () => once(end.signal, 'abort'));
    runs.onModuleDestroy();
    await runs.beforeApplicationShutdown();
    expect(errors).toEqual(['Runs did not stop within shutdownTimeoutMs and are left to their leases: run-1']);
    end.abort();
    await work;
  });
});
