import { afterEach, describe, expect, it } from '@jest/globals';
import type { RetentionQuestion, RetentionRule, TenxyteMaintenanceOptions } from '../../src/index.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';

const RUN_AT = '2026-03-01T03:00:00.000000Z';
const RULES: readonly RetentionRule[] = [
  { target: 'audit_logs', actions: ['login'], days: 400 },
  { target: 'audit_logs', applicationIds: [3], days: 30 },
  { target: 'audit_logs', organizationIds: [5], days: 'forever', priority: -1 },
  { target: 'refresh_tokens', applicationIds: [7], days: 10 },
];

describe('the retention policy, told', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp | undefined;
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });
  const start = async (options: TenxyteMaintenanceOptions) => {
    app = await maintenanceApp(database.url, { runAt: RUN_AT, options });
    return app.maintenance;
  };

  it.each<[RetentionQuestion, (number | null)[]]>([
    [{ target: 'audit_logs' }, [null]],
    [{ target: 'audit_logs', action: 'login' }, [0, null]],
    [{ target: 'audit_logs', action: 'logout' }, [null]],
    [{ target: 'audit_logs', action: 'login', applicationId: 3 }, [1, 0, null]],
    [{ target: 'audit_logs', applicationId: '3', organizationId: 5 }, [1, 2, null]],
    [{ target: 'login_attempts', applicationId: 3 }, [null]],
    [{ target: 'refresh_tokens', applicationId: '7' }, [3, null]],
  ])('names the rule that holds for %j, and those that would otherwise', async (question, indexes) => {
    const { winner, runnersUp } = await (await start({ retention: { rules: RULES } })).explainRetention(question);
    expect([winner, ...runnersUp].map(({ index }) => index)).toEqual(indexes);
  });

  it('gives the cutoff now, and when a row is due', async () => {
    const maintenance = await start({ retention: { auditLogDays: 0, rules: RULES } });
    const question = { target: 'audit_logs', applicationId: 3 } as const;
    expect(await maintenance.explainRetention(question)).toEqual({
      at: RUN_AT,
      decidedBy: 'options',
      target: 'audit_logs',
      winner: { index: 1, rule: 'application 3', days: 30, cutoff: '2026-01-30T03:00:00.000000Z' },
      runnersUp: [{ index: null, rule: 'default', days: 'forever', cutoff: null }],
      dueAt: null,
      isDue: null,
    });
    for (const [createdAt, dueAt, isDue] of [
      ['2026-01-30T03:00:00Z', '2026-03-01T03:00:00.000000Z', false],
      ['2026-01-30T03:59:59.999+01:00', '2026-03-01T02:59:59.999000Z', true],
    ] as const) {
      expect(await maintenance.explainRetention({ ...question, createdAt })).toMatchObject({ dueAt, isDue });
    }
    const never = await maintenance.explainRetention({ target: 'audit_logs', createdAt: new Date(0) });
    expect(never).toMatchObject({ winner: { days: 'forever' }, dueAt: null, isDue: false });
  });

  it.each<[object, string]>([
    [{ target: 'otp_codes' }, 'target is "otp_codes", accepted is one of login_attempts, audit_logs'],
    [
      { target: 'login_attempts', action: 'login' },
      'action is given for login_attempts, accepted is given for audit_logs alone',
    ],
    [
      { target: 'refresh_tokens', createdAt: '2026-01-01' },
      'createdAt is given for refresh_tokens, whose days count from expiry or revocation',
    ],
    [
      { target: 'audit_logs', createdAt: 'yesterday' },
      'createdAt is "yesterday", accepted is a date, or a time with its zone',
    ],
    [{ target: 'audit_logs', createdAt: '2026-13-01' }, 'accepted is a time that there is'],
    [{ target: 'audit_logs', createdAt: '2026-02-30T00:00Z' }, 'accepted is a time that there is'],
    [{ target: 'audit_logs', application: 3 }, 'application is not an option'],
  ])('refuses the question %j', async (question, sentence) => {
    const maintenance = await start({});
    await expect(maintenance.explainRetention(question as RetentionQuestion)).rejects.toThrow(sentence);
  });

  it('is a document of all targets, their rules in full, bounds and brakes', async () => {
    const many = Array.from({ length: 10 }, (_, index) => index);
    const maintenance = await start({
      retention: { rules: [...RULES, { target: 'login_attempts', applicationIds: many, days: 60 }] },
      retentionBounds: { auditLogDays: { minDays: 30 } },
      cleanup: { maxRowsPerTarget: 5_000, maxFractionPerTarget: 0.5, include: ['webauthn_challenges'] },
    });
    const { markdown, ...schedule } = await maintenance.retentionSchedule();
    expect(schedule).toMatchObject({
      at: RUN_AT,
      decidedBy: 'options',
      retention: { auditLogDays: 365, expiredGraceMinutes: 0 },
      retentionBounds: { auditLogDays: { minDays: 30 } },
      brakes: { maxRowsPerTarget: 5_000, maxFractionPerTarget: 0.5 },
    });
    expect(schedule.targets.find(({ name }) => name === 'login_attempts')).toMatchObject({
      isIncluded: true,
      rules: [
        { index: 4, definition: { applicationIds: many.map(String) } },
        { index: null, definition: null },
      ],
    });
    const lines = markdown.split('\n');
    expect(lines).toContain('| audit_logs | by a rule | application 3 | 30 days | 2026-01-30T03:00:00.000000Z |');
    expect(lines).toContain('|  | by a rule | organization 5, priority -1 | forever | never |');
    expect(lines).toContain('|  | older than auditLogDays | all others | 365 days | 2025-03-01T03:00:00.000000Z |');
    expect(markdown).toContain(`applications ${many.join(' or ')} | 60 days`);
    expect(lines).toContain(
      '| organization_invitations (opt-in) | expired and not accepted | all | as the options below say |  |',
    );
    expect(lines).toContain('| auditLogDays | 30 days | - |');
    expect(markdown).toContain('more than 5,000 rows or 50 % of its rows of a target deletes nothing');
    expect(markdown).toContain('The options of the application');
  });

  it('says of a provider that it decides, and lets what it chose forge no row of the document', async () => {
    const rules: RetentionRule[] = [{ target: 'audit_logs', actions: ['a | b\n| forged |'], days: 30 }];
    const maintenance = await start({ retention: { useFactory: () => ({ getRetention: () => ({ rules }) }) } });
    const { markdown, decidedBy } = await maintenance.retentionSchedule();
    expect(decidedBy).toBe('provider');
    expect(markdown).toContain('A provider of the application decides it');
    expect(markdown).toContain('| audit_logs | by a rule | action a \\| b\\| forged \\| | 30 days |');
  });
});
