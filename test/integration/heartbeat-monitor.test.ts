import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, type LoggerService } from '@nestjs/common';
import { EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  AgentHeartbeatService,
  type AgentHeartbeatSettings,
  type AgentSuspendedEvent,
  type MassSuspensionEvent,
  type RunEvent,
  type RunFinishedEvent,
  TenxyteMaintenanceModule,
  TenxyteMaintenanceService,
} from '../../src/index.js';
import { Uptime } from '../../src/tasks/clocks.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const SILENT_FOR_LONG = { heartbeat_required_every: 60, last_heartbeat_at: '2020-01-01T00:00:00Z' };
const ALIVE = { heartbeat_required_every: 60, last_heartbeat_at: 'infinity' };

/** What a host might listen to. */
@Injectable()
class Listener {
  public readonly heard: unknown[] = [];

  @OnEvent('tenxyte-maintenance.run.started')
  public onStarted({ task, trigger }: RunEvent): void {
    this.heard.push(['started', task, trigger]);
  }
  @OnEvent('tenxyte-maintenance.run.finished')
  public onFinished({ status, report, error }: RunFinishedEvent): void {
    this.heard.push(['finished', status, report?.task, error?.code ?? null]);
  }
  @OnEvent('tenxyte-maintenance.agents.mass-suspension-refused')
  public onRefused({ monitored, overdue }: MassSuspensionEvent): void {
    this.heard.push(['refused', monitored, overdue]);
  }
}

describe('the agent heartbeat monitor in an application', () => {
  const database = useTestDatabase();
  let booted: TestingModule;
  let uptimeSeconds = 0;
  let lines: { readonly warn: string[]; readonly error: string[] };

  const boot = async (agentHeartbeat: AgentHeartbeatSettings = {}): Promise<TenxyteMaintenanceService> => {
    lines = { warn: [], error: [] };
    const logger: LoggerService = {
      log: () => undefined,
      warn: (message: unknown) => lines.warn.push(String(message)),
      error: (message: unknown) => lines.error.push(String(message)),
    };
    booted = await Test.createTestingModule({
      imports: [
        ScheduleModule.forRoot(),
        EventEmitterModule.forRoot(),
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, retryAttempts: 0 }),
        TenxyteMaintenanceModule.forRoot({ agentHeartbeat, schedule: { cleanup: false, agentHeartbeat: '0 0 1 1 *' } }),
      ],
      providers: [Listener],
    })
      .overrideProvider(Uptime)
      .useValue({ seconds: () => uptimeSeconds })
      .setLogger(logger)
      .compile();
    await booted.init();
    return booted.get(TenxyteMaintenanceService);
  };
  const statuses = async (): Promise<string[]> =>
    (await database.query<{ status: string }>('select status from agent_tokens order by id')).map(
      ({ status }) => status,
    );
  const heard = (): unknown[] => booted.get(Listener).heard;

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    uptimeSeconds = 0;
    await database.query('truncate agent_tokens cascade');
  });
  afterEach(async () => {
    await booted.close();
    await database.query('truncate tenxyte_maintenance.runs');
  });

  it('suspends, warns with the count and the agents, records the run and emits typed events', async () => {
    await insertRows(database, 'agent_tokens', [
      { ...SILENT_FOR_LONG, agent_id: 'crawler\nforged line' },
      { ...ALIVE, agent_id: 'mailer' },
    ]);
    const maintenance = await boot();
    const report = await maintenance.checkAgentHeartbeats();
    expect(report).toMatchObject({ status: 'succeeded', monitored: 2, suspended: 1, expired: 0 });
    expect(await statuses()).toEqual(['SUSPENDED', 'ACTIVE']);
    expect(lines.warn.filter((line) => line.includes('suspended 1 agent'))).toEqual([
      expect.stringMatching(/^agent-heartbeat [0-9a-f-]+: suspended 1 agent .*: crawlerforged line \(\d+ s overdue\)$/),
    ]);
    expect(heard()).toEqual([
      ['started', 'agent-heartbeat', 'manual'],
      ['finished', 'succeeded', 'agent-heartbeat', null],
    ]);
    expect(await recordedRuns(database)).toMatchObject([{ task: 'agent-heartbeat', status: 'succeeded' }]);
  });

  it('gives a suspended agent as an event, and a listener that throws harms nothing', async () => {
    const [id] = await insertRows(database, 'agent_tokens', [{ ...SILENT_FOR_LONG, agent_id: 'crawler' }]);
    const maintenance = await boot();
    const events: AgentSuspendedEvent[] = [];
    const { EventEmitter2 } = await import('@nestjs/event-emitter');
    booted.get(EventEmitter2).on('tenxyte-maintenance.agent.suspended', (event: AgentSuspendedEvent) => {
      events.push(event);
      throw new Error('a careless listener');
    });
    const { runId, runAt } = await maintenance.checkAgentHeartbeats();
    expect(events).toEqual([
      {
        event: 'tenxyte-maintenance.agent.suspended',
        runId,
        id,
        agentId: 'crawler',
        lastHeartbeatAt: '2020-01-01T00:00:00.000000Z',
        overdueSeconds: expect.any(Number),
        suspendedAt: runAt,
      },
    ]);
    expect(lines.warn).toContainEqual(expect.stringContaining('a careless listener'));
    expect(await statuses()).toEqual(['SUSPENDED']);
  });

  it('suspends nobody when the brake trips, and says so in the report, the record, the log and an event', async () => {
    await insertRows(database, 'agent_tokens', [SILENT_FOR_LONG, SILENT_FOR_LONG, ALIVE]);
    const maintenance = await boot({ massSuspensionBrake: { minAgents: 3, maxFraction: 0.5 } });
    await booted.get(AgentHeartbeatService).onTick();
    expect(await statuses()).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
    expect(heard()).toEqual([
      ['started', 'agent-heartbeat', 'cron'],
      ['refused', 3, 2],
      ['finished', 'failed', 'agent-heartbeat', 'MASS_SUSPENSION'],
    ]);
    expect(await recordedRuns(database)).toMatchObject([{ status: 'failed', error: { code: 'MASS_SUSPENSION' } }]);
    expect(lines.error).toContainEqual(expect.stringContaining('MASS_SUSPENSION'));
    expect(await maintenance.checkAgentHeartbeats({ dryRun: true })).toMatchObject({ status: 'failed' });
  });

  it('suspends nobody in the start-up grace, by hand or on schedule, and then does', async () => {
    await insertRows(database, 'agent_tokens', [SILENT_FOR_LONG]);
    const maintenance = await boot({ startupGraceSeconds: 300 });
    uptimeSeconds = 299.5;
    await booted.get(AgentHeartbeatService).onTick();
    expect(await maintenance.checkAgentHeartbeats()).toMatchObject({
      status: 'skipped',
      error: { code: 'STARTUP_GRACE', message: expect.stringContaining('another 1 s') },
    });
    expect(await maintenance.checkAgentHeartbeats({ dryRun: true })).toMatchObject({ suspended: 1 });
    expect([await statuses(), await recordedRuns(database)]).toEqual([['ACTIVE'], []]);

    uptimeSeconds = 300;
    await booted.get(AgentHeartbeatService).onTick();
    expect(await statuses()).toEqual(['SUSPENDED']);
  });

  it('expires tokens when asked to', async () => {
    await insertRows(database, 'agent_tokens', [{ expires_at: '2020-01-01T00:00:00Z' }, ALIVE]);
    expect(await (await boot({ expireTokens: true })).checkAgentHeartbeats()).toMatchObject({
      expired: 1,
      suspended: 0,
    });
    expect(await statuses()).toEqual(['EXPIRED', 'ACTIVE']);
  });
});
