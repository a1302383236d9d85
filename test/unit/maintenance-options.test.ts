import { describe, expect, it } from '@jest/globals';
import type { ConfigProblem } from '../../src/index.js';
import { MaintenanceConfigError } from '../../src/index.js';
import type { TenxyteMaintenanceOptions } from '../../src/index.js';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';

/** Always the same one: it stands in the names of tests. */
const CHECK = 'https://a.example/5ec4e7';
const KEY = `${Buffer.alloc(32, 7).toString('base64url')}=`;
const OTHER_KEY = Buffer.alloc(32, 8).toString('base64');

const problemsOf = (options: unknown): readonly ConfigProblem[] => {
  try {
    resolveMaintenanceOptions(options as TenxyteMaintenanceOptions);
  } catch (error) {
    if (error instanceof MaintenanceConfigError) {
      return error.problems;
    }
    throw error;
  }
  return [];
};

describe('the options', () => {
  it('have a default for everything', () => {
    expect(resolveMaintenanceOptions()).toEqual({
      retention: {},
      retentionBounds: {},
      cleanup: {
        include: [],
        targets: [],
        lockTimeoutMs: 2000,
        statementTimeoutMs: 15_000,
        targetBatchMs: 50,
        maxConnections: 2,
        maxRowsPerTarget: 0,
        maxFractionPerTarget: 0,
        maxDurationMs: 0,
        pauseBetweenBatchesMs: 0,
        acknowledge: [],
        maxReferencedRows: 1_000,
      },
      agentHeartbeat: { startupGraceSeconds: 0, expireTokens: false },
      totp: { keys: [], mode: 'rolling', encryptPlaintext: false, maxKeyAgeDays: 365 },
      dependencyScan: { level: 'high', timeoutMs: 120_000, allow: [], trustProject: false },
      schedule: {
        timeZone: 'UTC',
        cleanup: '0 3 * * *',
        agentHeartbeat: '* * * * *',
        totpKeyRotation: false,
        dependencyScan: false,
        missedRuns: 'run-once',
      },
      logFormat: 'text',
      coordination: {
        schema: 'tenxyte_maintenance',
        startup: 'fail',
        migrations: 'auto',
        leaseSeconds: 60,
        shutdownTimeoutMs: 10_000,
      },
      holds: { coolDownDays: 7 },
      health: { toleranceFactor: 0.5, minToleranceMinutes: 5, backlogMaxAgeSeconds: 60, timeoutMs: 5_000 },
      ping: { timeoutMs: 10_000 },
    });
  });

  it.each([
    [{ cleanup: null }, 'cleanup', 'null'],
    [{ cleanup: { maxConnections: 3 } }, 'cleanup.maxConnections', '3'],
    [{ cleanup: { maxRowsPerTarget: -1 } }, 'cleanup.maxRowsPerTarget', '-1'],
    [{ cleanup: { maxFractionPerTarget: 1.01 } }, 'cleanup.maxFractionPerTarget', '1.01'],
    [{ cleanup: { maxFractionPerTarget: NaN } }, 'cleanup.maxFractionPerTarget', 'NaN'],
    [{ cleanup: { maxDurationMs: 86_400_001 } }, 'cleanup.maxDurationMs', '86400001'],
    [{ cleanup: { pauseBetweenBatchesMs: 60_001 } }, 'cleanup.pauseBetweenBatchesMs', '60001'],
    [{ leaseSeconds: 60, cleanup: { pauseBetweenBatchesMs: 12_000 } }, 'leaseSeconds', '60'],
    [{ agentHeartbeat: { startupGraceSeconds: -1 } }, 'agentHeartbeat.startupGraceSeconds', '-1'],
    [
      { agentHeartbeat: { massSuspensionBrake: { minAgents: 1 } } },
      'agentHeartbeat.massSuspensionBrake.maxFraction',
      'undefined',
    ],
    [
      { agentHeartbeat: { massSuspensionBrake: { minAgents: 1, maxFraction: 1 } } },
      'agentHeartbeat.massSuspensionBrake.maxFraction',
      '1',
    ],
    [
      { agentHeartbeat: { massSuspensionBrake: { minAgents: 0, maxFraction: 0.5 } } },
      'agentHeartbeat.massSuspensionBrake.minAgents',
      '0',
    ],
    [{ agentHeartbeat: { expireTokens: 'yes' } }, 'agentHeartbeat.expireTokens', '"yes"'],
    [{ schema: 'Tenxyte; drop' }, 'schema', '"Tenxyte; drop"'],
    [{ schema: 'pg_maintenance' }, 'schema', '"pg_maintenance"'],
    [{ migrations: 'never' }, 'migrations', '"never"'],
    [{ leaseSeconds: 0 }, 'leaseSeconds', '0'],
    [{ leaseSeconds: 48 }, 'leaseSeconds', '48'],
    [{ leaseSeconds: 60, cleanup: { statementTimeoutMs: 60_000 } }, 'leaseSeconds', '60'],
    [{ shutdownTimeoutMs: 99 }, 'shutdownTimeoutMs', '99'],
    [{ totp: { keys: [KEY, 's'.repeat(20)] } }, 'totp.keys.1', 'a text of 20 characters'],
    [{ totp: { keys: [KEY, 7] } }, 'totp.keys.1', 'a value of type number'],
    [{ totp: { keys: KEY } }, 'totp.keys', 'a text of 44 characters'],
    [{ totp: { mode: 'slowly' } }, 'totp.mode', '"slowly"'],
    [{ totp: { encryptPlaintext: 1 } }, 'totp.encryptPlaintext', '1'],
    [{ totp: { maxKeyAgeDays: -1 } }, 'totp.maxKeyAgeDays', '-1'],
    [{ totp: { key: KEY } }, 'totp.key', 'not an option'],
    [{ schedule: { totpKeyRotation: '0 5 1 * *' } }, 'schedule.totpKeyRotation', '"0 5 1 * *"'],
    [{ schedule: { dependencyScan: '0 4 1 * *' } }, 'schedule.dependencyScan', '"0 4 1 * *"'],
    [{ holds: { coolDownDays: -1 } }, 'holds.coolDownDays', '-1'],
    [{ holds: { coolDownDays: 366 } }, 'holds.coolDownDays', '366'],
    [{ holds: { days: 1 } }, 'holds.days', 'not an option'],
    [{ health: { toleranceFactor: -0.1 } }, 'health.toleranceFactor', '-0.1'],
    [{ health: { toleranceFactor: 10.1 } }, 'health.toleranceFactor', '10.1'],
    [{ health: { toleranceFactor: Number.NaN } }, 'health.toleranceFactor', 'NaN'],
    [{ health: { minToleranceMinutes: 10_081 } }, 'health.minToleranceMinutes', '10081'],
    [{ health: { backlogMaxAgeSeconds: -1 } }, 'health.backlogMaxAgeSeconds', '-1'],
    [{ health: { timeoutMs: 99 } }, 'health.timeoutMs', '99'],
    [{ health: { tolerance: 1 } }, 'health.tolerance', 'not an option'],
    [{ ping: CHECK }, 'ping', 'a text'],
    [{ ping: [CHECK] }, 'ping', 'a list'],
    [{ ping: { cleanup: 7 } }, 'ping.cleanup', 'a value of type number'],
    [{ ping: { cleanup: ' ' } }, 'ping.cleanup', 'a blank text'],
    [{ ping: { cleanup: 'hc-ping.com/5ec4e7' } }, 'ping.cleanup', 'a text that is none'],
    [{ ping: { timeoutMs: 'https://hc-ping.com/5ec4e7' } }, 'ping.timeoutMs', 'a text'],
    [{ ping: { cleanup: 'file:///5ec4e7' } }, 'ping.cleanup', 'a text that is none'],
    [{ ping: { cleanup: 'https://me:secret@a.example/5ec4e7' } }, 'ping.cleanup', 'a text that is none'],
    [{ ping: { cleanup: CHECK, agentHeartbeat: CHECK } }, 'ping', 'an address that two tasks share'],
    [{ ping: { timeoutMs: 99 } }, 'ping.timeoutMs', '99'],
    [{ ping: { backlog: CHECK } }, 'ping.backlog', 'not an option'],
  ])('refuse %j', (options, path, received) => {
    expect(problemsOf(options)).toEqual([{ path, received, accepted: expect.any(String) }]);
  });

  it('refuse a TOTP key that is listed twice, at each place, and never show one', () => {
    const problems = problemsOf({ totp: { keys: [KEY, KEY, KEY.slice(1)] } });
    expect(problems.map(({ path, received }) => [path, received])).toEqual([
      ['totp.keys.0', 'a key that is listed twice'],
      ['totp.keys.1', 'a key that is listed twice'],
      ['totp.keys.2', 'a text of 43 characters'],
    ]);
    expect(problems.map(({ accepted }) => accepted)).toEqual([
      'each key once',
      'each key once',
      'a Fernet key: 44 characters of base64',
    ]);
    expect(JSON.stringify(problems)).not.toContain(KEY.slice(1, 20));
  });

  it('refuse two spellings of one TOTP key, as it is listed twice', () => {
    const bytes = Buffer.alloc(32, 0xfb);
    const spellings = [`${bytes.toString('base64url')}=`, KEY, bytes.toString('base64'), bytes.toString('base64url')];
    expect(problemsOf({ totp: { keys: spellings } }).map(({ path, received }) => [path, received])).toEqual([
      ['totp.keys.0', 'a key that is listed twice'],
      ['totp.keys.2', 'a key that is listed twice'],
      ['totp.keys.3', 'a key that is listed twice'],
    ]);
  });

  it('pass over TOTP keys of environment variables that are not set', () => {
    const keyCount = (keys: readonly (string | undefined)[]): number =>
      resolveMaintenanceOptions({ totp: { keys } }).totp.keys.length;
    expect(keyCount([KEY, undefined])).toBe(1);
    expect(keyCount([KEY, '', ' ', OTHER_KEY, undefined])).toBe(2);
    expect(() => keyCount([undefined])).toThrow('totp.keys.0 is undefined, accepted is');
    expect(() => keyCount(['', undefined])).toThrow('or an empty list');
    expect(keyCount([])).toBe(0);
  });

  it.each([
    [[undefined, KEY], 'undefined'],
    [['', KEY], 'a blank text'],
    [[' ', undefined, KEY, undefined], 'a blank text'],
  ])('refuse TOTP keys of which the first is missing and another is not', (keys, received) => {
    const accepted =
      'the key that encrypts, a Fernet key: 44 characters of base64; without it the next key would take its place';
    expect(problemsOf({ totp: { keys } })).toEqual([{ path: 'totp.keys.0', received, accepted }]);
  });

  it('refuse a TOTP key in place of a list, and say what a list is made of', () => {
    expect(problemsOf({ totp: { keys: KEY } })).toEqual([
      {
        path: 'totp.keys',
        received: 'a text of 44 characters',
        accepted: 'a list of Fernet keys, each 44 characters of base64',
      },
    ]);
  });

  it('schedule the rotation once there are keys, and the scan once it is configured', () => {
    const { schedule } = resolveMaintenanceOptions({ totp: { keys: [KEY] }, dependencyScan: {} });
    expect(schedule).toMatchObject({ totpKeyRotation: '0 5 1 * *', dependencyScan: '0 4 1 * *' });
    expect(
      resolveMaintenanceOptions({ totp: { keys: [KEY] }, schedule: { totpKeyRotation: false } }).schedule,
    ).toMatchObject({ totpKeyRotation: false, dependencyScan: false });
  });

  it('make the lease as long as the slowest batch, unless they say how long it is', () => {
    expect(resolveMaintenanceOptions({ cleanup: { statementTimeoutMs: 60_000 } }).coordination.leaseSeconds).toBe(184);
    expect(resolveMaintenanceOptions({ cleanup: { pauseBetweenBatchesMs: 60_000 } }).coordination.leaseSeconds).toBe(
      109,
    );
  });

  it('accept a lease that the slowest batch just fits into', () => {
    expect(problemsOf({ leaseSeconds: 49 })).toEqual([]);
    expect(problemsOf({ leaseSeconds: 2, cleanup: { statementTimeoutMs: 500, lockTimeoutMs: 200 } })).toEqual([]);
  });

  it.each([-1, 1.5, NaN, Infinity, 36_501, '90', null, undefined, true])('refuse %p as days', (days) => {
    expect(problemsOf({ retention: { auditLogDays: days } })).toEqual([
      {
        path: 'retention.auditLogDays',
        received: typeof days === 'string' ? '"90"' : String(days),
        accepted: 'a whole number of days from 0 to 36500 (0 = keep forever)',
      },
    ]);
  });

  it.each([0, 1, 36_500])('accept %p as days', (days) => {
    expect(problemsOf({ retention: { auditLogDays: days } })).toEqual([]);
  });

  it('list every problem at once, each with its path', () => {
    const problems = problemsOf({
      retention: { loginAttemptsDays: -1, auditLogsDays: 3 },
      retentionBounds: { auditLogDays: { minDays: 9, maxDays: 3 }, nonsense: {} },
      cleanup: { include: ['users'], lockTimeoutMs: 0 },
      totally: 'unknown',
    });
    expect(problems.map(({ path }) => path).sort()).toEqual([
      'cleanup.include.0',
      'cleanup.lockTimeoutMs',
      'retention.auditLogsDays',
      'retention.loginAttemptsDays',
      'retentionBounds.auditLogDays',
      'retentionBounds.nonsense',
      'totally',
    ]);
  });

  it('put every problem into the message', () => {
    expect(() => resolveMaintenanceOptions({ retention: { loginAttemptsDays: -1, auditLogDays: 0.5 } })).toThrow(
      'Invalid options of TenxyteMaintenanceModule: retention.loginAttemptsDays is -1, accepted is a whole number of days from 0 to ' +
        '36500 (0 = keep forever); retention.auditLogDays is 0.5, accepted is a whole number of days from 0 to 36500 (0 = keep forever)',
    );
  });

  it.each([
    ['minDays', 90, 60],
    ['maxDays', 90, 100],
    ['maxDays', 90, 0],
  ])('refuse plain retention values outside the bounds: %s %p, value %p', (bound, limit, days) => {
    const [problem] = problemsOf({
      retention: { auditLogDays: days },
      retentionBounds: { auditLogDays: { [bound]: limit } },
    });
    expect(problem?.path).toBe('retention');
    expect(problem?.received).toContain('auditLogDays');
  });

  it('hold the defaults to the bounds too', () => {
    expect(problemsOf({ retentionBounds: { auditLogDays: { maxDays: 100 } } })).toHaveLength(1);
  });

  it.each([
    ['a value that is no object', 'daily'],
    ['null', null],
    ['two sources at once', { useClass: class {}, useExisting: class {} }],
    ['a factory that is no function', { useFactory: 3 }],
  ])('refuse %s as retention', (_name, retention) => {
    expect(problemsOf({ retention }).map(({ path }) => path)).toEqual(['retention']);
  });

  it('refuse options that are no object', () => {
    expect(problemsOf(null)).not.toEqual([]);
    expect(problemsOf('x')).not.toEqual([]);
  });

  it('never quote a long text', () => {
    const [problem] = problemsOf({ retention: { auditLogDays: 's'.repeat(41) } });
    expect(problem?.received).toBe('a text of 41 characters');
  });
});
