import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { cleanupRequest } from '../../src/cleanup/cleanup-flags.js';
import { CLEANUP_TASK } from '../../src/cleanup/cleanup.task.js';
import { CommandInterruption } from '../../src/cli/command-interruption.js';
import type { OutputStream } from '../../src/cli/command-line-io.js';
import { CommandOutput } from '../../src/cli/command-output.js';
import { migrateCommand } from '../../src/cli/commands/migrate.command.js';
import { taskCommand } from '../../src/cli/commands/task.command.js';
import type { CleanupReport, CleanupRequest, SchemaMigration, TenxyteMaintenanceService } from '../../src/index.js';
import { FakeTerminal } from '../support/fake-terminal.js';

const STOPPED: CleanupReport = {
  task: 'cleanup',
  status: 'stopped',
  dryRun: false,
  runId: 'run-1',
  runAt: '2026-03-01T03:00:00.123456Z',
  durationMs: 1,
  stopReason: 'signal',
  cancelledBy: null,
  force: false,
  startedBy: null,
  isUncertain: false,
  rows: 0,
  targets: [],
};

const sessionOf = (
  service: Partial<TenxyteMaintenanceService>,
  stderr: OutputStream = new FakeTerminal(),
  stop = new AbortController(),
) => ({
  maintenance: service as TenxyteMaintenanceService,
  interruption: new CommandInterruption({ stop: stop.signal, idle: new AbortController().signal }),
  output: new CommandOutput({ args: [], env: {}, stdout: new FakeTerminal(), stderr }, false),
});

describe('migrate', () => {
  it.each<[Pick<SchemaMigration, 'from' | 'to'>, string]>([
    [{ from: 0, to: 2 }, 'created the schema maintenance, version 2'],
    [{ from: 1, to: 2 }, 'updated the schema maintenance from version 1 to 2'],
    [{ from: 2, to: 2 }, 'the schema maintenance is of version 2 already'],
    [{ from: 3, to: 2 }, 'the schema maintenance is of version 3 already'],
  ])('of %j says: %s', async (versions, sentence) => {
    const session = sessionOf({ migrate: async () => ({ schema: 'maintenance', ...versions }) });
    const outcome = await migrateCommand.plan?.(new Command())(session);
    expect(outcome?.text?.((_style, text) => text)).toBe(`succeeded: ${sentence}`);
  });
});

describe('cleanup', () => {
  it.each([
    ['a terminal, below the bars', new FakeTerminal()],
    ['a pipe', new PassThrough({ encoding: 'utf8' })],
  ])('stops at a signal and says so on %s', async (_, stderr) => {
    const stop = new AbortController();
    const runTask = (async (_name: string, { signal }: CleanupRequest = {}): Promise<CleanupReport> => {
      stop.abort('SIGTERM');
      expect(signal?.aborted).toBe(true);
      return STOPPED;
    }) as TenxyteMaintenanceService['runTask'];
    const outcome = await taskCommand(CLEANUP_TASK).plan?.(new Command())(sessionOf({ runTask }, stderr, stop));
    expect(outcome?.exitCode).toBe(6);
    const written = stderr instanceof FakeTerminal ? stderr.written : String(stderr.read());
    expect(written).toContain('SIGTERM: stopping after the batch in flight; once more ends it at once');
  });

  it('asks for what the flags say', () => {
    expect(cleanupRequest({ loginAttemptsDays: 30, auditLogDays: 0, only: ['login_attempts', 'audit_logs'] })).toEqual({
      dryRun: false,
      loginAttemptsDays: 30,
      auditLogDays: 0,
      only: ['login_attempts', 'audit_logs'],
    });
    expect(cleanupRequest({ dryRun: true, include: ['webauthn_challenges'] })).toEqual({
      dryRun: true,
      include: ['webauthn_challenges'],
    });
  });

  it.each([[{ only: ['otp_codes'], include: ['webauthn_challenges' as const] }, /--include/]])(
    'refuses %j in the words of the flags',
    (flags, problem) => {
      expect(() => cleanupRequest(flags)).toThrow(problem);
    },
  );
});
