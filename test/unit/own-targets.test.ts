import { describe, expect, it } from '@jest/globals';
import { assertTargetNames, selectTargets } from '../../src/cleanup/cleanup-request.js';
import { cutoffOf, retentionDaysOf } from '../../src/cleanup/run-cutoffs.js';
import { ownTargets, targetsInForce } from '../../src/cleanup/targets/targets-in-force.js';
import { type ConfigProblem, defineCleanupTarget, MaintenanceConfigError } from '../../src/index.js';
import type { Instant, OwnCleanupTarget, TenxyteMaintenanceOptions } from '../../src/index.js';
import { policyOf, resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import { DEFAULT_RETENTION } from '../../src/retention/retention-policy.js';

class AppSession {
  public id!: string;
  public userId!: string;
  public isUsed!: boolean;
  public state!: string;
  public endedAt!: Date | null;
  public createdAt!: Date;
  public expiresAt!: Date;
}

const OWN = { name: 'app_sessions', entity: AppSession, summary: 'expired', dimensions: {} } as const;
const EXPIRED_LONG_AGO = { before: 'expiresAt', days: 30 } as const;
const KEPT = { before: 'createdAt', cutoff: 'retention' } as const;

const problemsOf = (...targets: readonly object[]): readonly ConfigProblem[] => {
  try {
    resolveMaintenanceOptions({ cleanup: { targets } } as unknown as TenxyteMaintenanceOptions);
  } catch (error) {
    if (error instanceof MaintenanceConfigError) {
      return error.problems;
    }
    throw error;
  }
  return [];
};

const complete = (...targets: readonly OwnCleanupTarget[]) => resolveMaintenanceOptions({ cleanup: { targets } });

describe("a host's own target", () => {
  it('names properties that the compiler checks', () => {
    const declared = defineCleanupTarget({
      ...OWN,
      dueWhen: { anyOf: [EXPIRED_LONG_AGO, { allOf: [KEPT, { isTrue: 'isUsed' }] }] },
      retention: { days: 90 },
      dimensions: { user: ['userId'], created: ['createdAt'] },
    });
    expect(declared.name).toBe('app_sessions');
    // @ts-expect-error the entity has no such property
    defineCleanupTarget({ ...OWN, dueWhen: { before: 'expires', days: 30 } });
    // @ts-expect-error nor this one, below a list
    defineCleanupTarget({ ...OWN, dueWhen: { anyOf: [{ isTrue: 'used' }] } });
    // @ts-expect-error a dimension names properties too
    defineCleanupTarget({ ...OWN, dueWhen: EXPIRED_LONG_AGO, dimensions: { user: ['user'] } });
    // @ts-expect-error an option of the policy belongs to this package's own targets
    defineCleanupTarget({ ...OWN, dueWhen: { before: 'createdAt', cutoff: 'auditLogDays' } });
  });

  it.each([
    ['a number of days', EXPIRED_LONG_AGO],
    ['the grace of all that expires', { before: 'expiresAt', cutoff: 'expiredGraceMinutes' }],
    ['a flag', { isTrue: 'isUsed' }],
    ['an age and what is missing', { allOf: [EXPIRED_LONG_AGO, { isNull: 'endedAt' }] }],
    [
      'alternatives',
      { anyOf: [EXPIRED_LONG_AGO, { allOf: [{ isTrue: 'isUsed' }, { differs: 'state', from: 'open' }] }] },
    ],
  ])('is due by %s', (_what, dueWhen) => {
    expect(problemsOf({ ...OWN, dueWhen })).toEqual([]);
  });

  it.each([
    [{ dueWhen: {} }, 'dueWhen', 'a condition: an object with exactly one of'],
    [{ dueWhen: true }, 'dueWhen', 'a condition: an object with exactly one of'],
    [{ dueWhen: undefined }, 'dueWhen', 'a condition: an object with exactly one of'],
    [{ dueWhen: { isTrue: 'isUsed', isNull: 'endedAt' } }, 'dueWhen', 'exactly one of'],
    [{ dueWhen: { isTrue: 'isUsed', days: 3 } }, 'dueWhen.days', 'one of the documented names'],
    [{ dueWhen: { anyOf: [] } }, 'dueWhen.anyOf', 'a list of at least one condition'],
    [{ dueWhen: { allOf: [] } }, 'dueWhen.allOf', 'a list of at least one condition'],
    [{ dueWhen: { anyOf: [EXPIRED_LONG_AGO, { allOf: [] }] } }, 'dueWhen.anyOf.1.allOf', 'at least one condition'],
    [{ dueWhen: { isNull: 'endedAt' } }, '', 'has an age (before) or a flag (isTrue)'],
    [{ dueWhen: { differs: 'state', from: 'open' } }, '', 'has an age (before) or a flag (isTrue)'],
    [{ dueWhen: { anyOf: [EXPIRED_LONG_AGO, { isNull: 'endedAt' }] } }, '', 'has an age (before) or a flag (isTrue)'],
    [{ dueWhen: { before: 'expiresAt' } }, 'dueWhen', 'either days, or cutoff'],
    [{ dueWhen: { before: 'expiresAt', days: 1, cutoff: 'retention' } }, 'dueWhen', 'either days, or cutoff'],
    [{ dueWhen: { before: 'expiresAt', days: 0 } }, 'dueWhen.days', 'a whole number of days from 1 to 36500'],
    [{ dueWhen: { before: 'expiresAt', days: 0.5 } }, 'dueWhen.days', 'a whole number of days from 1 to 36500'],
    [{ dueWhen: { before: 'expiresAt', cutoff: 'auditLogDays' } }, 'dueWhen.cutoff', 'either days, or cutoff'],
    [{ dueWhen: { before: 7, days: 3 } }, 'dueWhen.before', 'the name of a property'],
    [{ dueWhen: KEPT }, '', 'a retention where a condition has cutoff: "retention"'],
    [{ dueWhen: EXPIRED_LONG_AGO, retention: { days: 9 } }, '', 'none where no condition has'],
    [{ dueWhen: KEPT, retention: { days: -1 } }, 'retention.days', 'from 0 to 36500 (0 = keep forever)'],
    [{ dueWhen: KEPT, retention: 90 }, 'retention', 'an object with days'],
    [{ dueWhen: EXPIRED_LONG_AGO, name: 'AppSessions' }, 'name', 'a name of small letters'],
    [{ dueWhen: EXPIRED_LONG_AGO, name: 'a'.repeat(41) }, 'name', 'at most 40'],
    [{ dueWhen: EXPIRED_LONG_AGO, name: 'otp_codes' }, 'name', "not one of this package's targets"],
    [{ dueWhen: EXPIRED_LONG_AGO, entity: 'AppSession' }, 'entity', 'an entity class'],
    [{ dueWhen: EXPIRED_LONG_AGO, summary: '' }, 'summary', 'a few words'],
    [
      { dueWhen: EXPIRED_LONG_AGO, dimensions: { users: ['userId'] } },
      'dimensions.users',
      'one of the documented names',
    ],
    [{ dueWhen: EXPIRED_LONG_AGO, dimensions: { user: 'userId' } }, 'dimensions.user', 'a list of properties'],
    [{ dueWhen: EXPIRED_LONG_AGO, where: 'true' }, 'where', 'one of the documented names'],
  ])('is refused: %j', (part, path, accepted) => {
    const problems = problemsOf({ ...OWN, ...part });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.path).toBe(['cleanup.targets.0', path].filter(Boolean).join('.'));
    expect(problems[0]?.accepted).toContain(accepted);
  });

  it('has a name of its own', () => {
    const target = { ...OWN, dueWhen: EXPIRED_LONG_AGO };
    expect(problemsOf(target, target)).toMatchObject([
      { path: 'cleanup.targets', accepted: 'targets with a name of its own each' },
    ]);
  });

  it('stays the same when its options are checked twice', () => {
    const once = complete({ ...OWN, dueWhen: KEPT, retention: { days: 90 } }).cleanup.targets;
    expect(complete(...once).cleanup.targets).toEqual(once);
  });

  it('comes at every run after the standard ones, and wherever it is named', () => {
    const { cleanup } = complete({ ...OWN, dueWhen: EXPIRED_LONG_AGO });
    const namesOf = (request: object) => selectTargets(request, cleanup).map(({ name }) => name);
    expect(targetsInForce(cleanup).at(-1)?.name).toBe('app_sessions');
    expect(namesOf({}).slice(-2)).toEqual(['maintenance_runs', 'app_sessions']);
    expect(namesOf({ include: ['webauthn_challenges'] }).slice(-2)).toEqual(['webauthn_challenges', 'app_sessions']);
    expect(namesOf({ only: ['app_sessions'] })).toEqual(['app_sessions']);
    expect(namesOf({ only: ['otp_codes'] })).toEqual(['otp_codes']);
  });

  it('is among the names of an error about a name', () => {
    const { cleanup } = complete({ ...OWN, dueWhen: EXPIRED_LONG_AGO });
    expect(() => assertTargetNames({ only: ['app_sessions'], include: ['app_sessions'] }, cleanup)).not.toThrow();
    expect(() => assertTargetNames({ only: ['sessions'] }, cleanup)).toThrow(
      /^Invalid call.*only\.0 is "sessions".*app_sessions$/,
    );
    expect(() => assertTargetNames({ include: ['audit_logs'] }, cleanup)).toThrow(
      /include\.0 is "audit_logs".*app_sessions$/,
    );
  });

  it.each([
    [{ dueWhen: EXPIRED_LONG_AGO }, 30, '2026-05-02T00:00:00Z'],
    [{ dueWhen: { before: 'expiresAt', cutoff: 'expiredGraceMinutes' } }, null, '2026-06-01T00:00:00Z'],
    [{ dueWhen: { isTrue: 'isUsed' } }, null, '2026-06-01T00:00:00Z'],
    [{ dueWhen: { anyOf: [KEPT, { isTrue: 'isUsed' }] }, retention: { days: 7 } }, 7, '2026-05-25T00:00:00Z'],
    [{ dueWhen: KEPT, retention: { days: 0 } }, 0, null],
  ] as const)('reports its retention and its cutoff: %j', (part, days, cutoff) => {
    const terms = { runAt: '2026-06-01T00:00:00.000000Z' as Instant, policy: DEFAULT_RETENTION };
    const reported = ownTargets(complete({ ...OWN, ...part }).cleanup).map((target) => ({
      days: retentionDaysOf(terms, target),
      cutoff: cutoffOf(terms, target)?.replace('.000000', '') ?? null,
    }));
    expect(reported).toEqual([{ days, cutoff }]);
  });

  it('is noted in the policy by its name and its days', () => {
    const noted = (...targets: readonly OwnCleanupTarget[]) =>
      Object.entries(policyOf(complete(...targets))).filter(([path]) => path.startsWith('cleanup.targets'));
    expect(noted()).toEqual([]);
    expect(
      noted(
        { ...OWN, dueWhen: { anyOf: [KEPT, EXPIRED_LONG_AGO] }, retention: { days: 90 } },
        { ...OWN, name: 'drafts', dueWhen: { isTrue: 'isUsed' } },
      ),
    ).toEqual([
      ['cleanup.targets.app_sessions', ['30 days', '90 days']],
      ['cleanup.targets.drafts', []],
    ]);
  });
});
