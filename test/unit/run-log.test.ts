import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import { AGENT_HEARTBEAT_TASK } from '../../src/agent-heartbeat/agent-heartbeat.task.js';
import { CLEANUP_TASK } from '../../src/cleanup/cleanup.task.js';
import type { RunEnvironment } from '../../src/contract/run-environment.js';
import type { ObservedRun } from '../../src/contract/run-events.js';
import type { AgentHeartbeatReport, CleanupReport, CleanupTargetReport, LogFormat } from '../../src/index.js';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import { MaintenanceLog } from '../../src/telemetry/maintenance-log.js';
import { RunLog } from '../../src/telemetry/run-log.js';

const CRON: ObservedRun = {
  task: 'cleanup',
  runId: 'run-1',
  trigger: 'cron',
  slot: '2026-03-01T03:00:00.000Z',
  force: false,
  startedBy: null,
  isDryRun: false,
};
const BEAT: ObservedRun = { ...CRON, task: 'agent-heartbeat' };
const PLAIN = { stopReason: null, cancelledBy: null, force: false, startedBy: null, isUncertain: false };
const OF_RUN = { runId: 'run-1', runAt: '2026-03-01T03:00:00.123456Z', dryRun: false, durationMs: 120, ...PLAIN };

const target = (more: Partial<CleanupTargetReport>): CleanupTargetReport => ({
  name: 'otp_codes',
  status: 'succeeded',
  rows: 0,
  lockedRows: 0,
  referencedRows: 0,
  referencedBy: [],
  keptRows: 0,
  heldRows: 0,
  heldWhole: [],
  tableChanges: [],
  cutoff: null,
  retentionDays: null,
  strategy: null,
  batches: 0,
  longestBatchMs: 0,
  durationMs: 0,
  isUncertain: false,
  ...more,
});
const cleanup = (more: Partial<CleanupReport> = {}): CleanupReport => ({
  ...OF_RUN,
  task: 'cleanup',
  status: 'succeeded',
  rows: 1234,
  targets: [target({ rows: 1234 }), target({ name: 'audit_logs' })],
  ...more,
});
const heartbeats = (more: Partial<AgentHeartbeatReport> = {}): AgentHeartbeatReport => ({
  ...OF_RUN,
  task: 'agent-heartbeat',
  status: 'succeeded',
  monitored: 14,
  suspended: 0,
  expired: 0,
  lockedAgents: 0,
  agents: [],
  ...more,
});

describe('the log lines of a run', () => {
  let lines: [level: string, message: unknown][];

  const fake: Required<Pick<LoggerService, 'log' | 'debug' | 'warn' | 'error'>> = {
    log: (message: unknown) => lines.push(['log', message]),
    debug: (message: unknown) => lines.push(['debug', message]),
    warn: (message: unknown) => lines.push(['warn', message]),
    error: (message: unknown) => lines.push(['error', message]),
  };
  const logOf = (logFormat: LogFormat = 'text', environment: RunEnvironment = 'application'): RunLog => {
    return new RunLog(new MaintenanceLog(resolveMaintenanceOptions({ logFormat }).logFormat, environment));
  };

  beforeEach(() => {
    lines = [];
    Logger.overrideLogger(fake);
  });
  afterEach(() => Logger.overrideLogger(false));

  it('say what started it and, at the end, what it did', () => {
    const log = logOf();
    log.started(CLEANUP_TASK, CRON);
    log.ended(CLEANUP_TASK, CRON, cleanup());
    expect(lines).toEqual([
      ['log', 'cleanup run-1 started (cron, slot 2026-03-01T03:00:00.000Z)'],
      ['log', 'cleanup run-1 succeeded: deleted 1,234 rows of 2 targets in 120 ms'],
    ]);
  });

  it('say that a run is dry, and a single row', () => {
    const log = logOf();
    log.started(CLEANUP_TASK, { ...CRON, trigger: 'manual', slot: null, isDryRun: true });
    log.ended(
      CLEANUP_TASK,
      { ...CRON, isDryRun: true },
      cleanup({ dryRun: true, rows: 1, targets: [target({ rows: 1 })] }),
    );
    expect(lines).toEqual([
      ['log', 'cleanup run-1 started (manual, dry run)'],
      ['log', 'cleanup run-1 succeeded: would delete 1 row of 1 target in 120 ms'],
    ]);
  });

  it('put what failed on the one line at the end, as an error', () => {
    const error = { code: 'LOCK_TIMEOUT', retryable: true, message: 'locked' };
    logOf().ended(CLEANUP_TASK, CRON, cleanup({ status: 'partial', targets: [target({ status: 'failed', error })] }));
    expect(lines).toEqual([
      [
        'error',
        'cleanup run-1 partial: deleted 1,234 rows of 1 target in 120 ms; otp_codes failed (LOCK_TIMEOUT): locked',
      ],
    ]);
  });

  it('warn of rows that stay, and of a table that changed, although the run succeeded', () => {
    const stays = {
      referencedRows: 2,
      referencedBy: ['app.sessions'],
      keptRows: 1,
      tableChanges: ['"public"."otp_codes"'],
    };
    logOf().ended(CLEANUP_TASK, CRON, cleanup({ targets: [target(stays)] }));
    expect(lines).toEqual([
      [
        'warn',
        'cleanup run-1 succeeded: deleted 1,234 rows of 1 target in 120 ms; ' +
          'otp_codes: 2 due rows stayed, as rows of app.sessions refer to them; ' +
          'otp_codes: 1 due row kept by a trigger or rule; ' +
          'otp_codes: looked at anew, as "public"."otp_codes" changed meanwhile',
      ],
    ]);
  });

  it('say why a run failed as a whole, or threw', () => {
    const error = { code: 'MASS_SUSPENSION', retryable: false, message: '9 of 10' };
    const log = logOf();
    log.ended(AGENT_HEARTBEAT_TASK, BEAT, heartbeats({ status: 'failed', error }));
    log.threw(CRON, { code: 'UNEXPECTED', retryable: false, message: 'gone' }, 1500);
    expect(lines).toEqual([
      [
        'error',
        'agent-heartbeat run-1 failed: suspended 0 of 14 monitored agents, expired 0 tokens in 120 ms; MASS_SUSPENSION: 9 of 10',
      ],
      ['error', 'cleanup run-1 failed in 1.5 s; UNEXPECTED: gone'],
    ]);
  });

  it('are for debugging when the minutely run of a schedule finds nothing to do, and not when it does or was called', () => {
    const log = logOf();
    log.started(AGENT_HEARTBEAT_TASK, BEAT);
    log.ended(AGENT_HEARTBEAT_TASK, BEAT, heartbeats());
    log.ended(AGENT_HEARTBEAT_TASK, BEAT, heartbeats({ suspended: 2 }));
    log.ended(AGENT_HEARTBEAT_TASK, BEAT, heartbeats({ expired: 1 }));
    log.ended(AGENT_HEARTBEAT_TASK, BEAT, heartbeats({ lockedAgents: 1 }));
    log.started(AGENT_HEARTBEAT_TASK, { ...BEAT, trigger: 'manual', slot: null });
    log.ended(AGENT_HEARTBEAT_TASK, { ...BEAT, trigger: 'manual', slot: null }, heartbeats());
    expect(lines.map(([level]) => level)).toEqual(['debug', 'debug', 'log', 'log', 'log', 'log', 'log']);
  });

  it('are objects with figures for a logger that takes them', () => {
    const log = logOf('object');
    const error = { code: 'UNEXPECTED', retryable: false, message: 'gone' };
    log.started(CLEANUP_TASK, CRON);
    log.ended(CLEANUP_TASK, CRON, cleanup({ error }));
    const ofRun = { task: 'cleanup', runId: 'run-1', trigger: 'cron', slot: CRON.slot, dryRun: false };
    const started = 'cleanup run-1 started (cron, slot 2026-03-01T03:00:00.000Z)';
    const ended = 'cleanup run-1 succeeded: deleted 1,234 rows of 2 targets in 120 ms; UNEXPECTED: gone';
    expect(lines).toEqual([
      ['log', { msg: started, message: started, event: 'run.started', ...ofRun }],
      [
        'log',
        {
          msg: ended,
          message: ended,
          event: 'run.finished',
          ...ofRun,
          status: 'succeeded',
          durationMs: 120,
          rows: 1234,
          targets: 2,
          cleanedTargets: 2,
          rowsByTarget: { otp_codes: 1234 },
          error,
        },
      ],
    ]);
  });

  it('are one JSON document a line from the logger of Nest with json: true', () => {
    const printed: string[] = [];
    const print = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => printed.push(String(chunk)) > 0);
    try {
      Logger.overrideLogger(new ConsoleLogger({ json: true }));
      logOf('object').ended(CLEANUP_TASK, CRON, cleanup());
    } finally {
      print.mockRestore();
    }
    expect(printed.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        level: 'log',
        context: 'TenxyteMaintenance',
        message: expect.objectContaining({ event: 'run.finished', rows: 1234, rowsByTarget: { otp_codes: 1234 } }),
      }),
    ]);
  });

  it('stay text on the command line, whatever the options say', () => {
    logOf('object', 'command-line').started(CLEANUP_TASK, CRON);
    expect(lines).toEqual([['log', expect.stringContaining('cleanup run-1 started')]]);
  });

  it('harm nothing when the host logger throws', () => {
    Logger.overrideLogger({
      ...fake,
      log: () => {
        throw new Error('disk full');
      },
    });
    expect(() => logOf().started(CLEANUP_TASK, CRON)).not.toThrow();
  });

  it.each(['json', null, true])('refuse %p as logFormat', (logFormat) => {
    expect(() => resolveMaintenanceOptions({ logFormat: logFormat as LogFormat })).toThrow(
      /logFormat is .*"text" or "object"/,
    );
  });
});
