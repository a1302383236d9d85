import { describe, expect, it } from '@jest/globals';
import type { RetentionRule } from '../../src/index.js';
import { MaintenanceConfigError, type TenxyteMaintenanceOptions } from '../../src/index.js';
import { CLEANUP_TARGETS } from '../../src/cleanup/targets/cleanup-targets.js';
import { policyOf, resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import { retentionBoundsViolations } from '../../src/retention/retention-bounds.js';
import { completeRetentionPolicy } from '../../src/retention/retention-policy.js';
import type { CompleteRetentionRule } from '../../src/retention/retention-rule.js';
import { RULED_TARGET_NAMES, RULED_TARGETS } from '../../src/retention/retention-rule.js';
import { rankedRules, ruleName } from '../../src/retention/rule-precedence.js';
import { retentionRulesSchema, ruleProblems } from '../../src/retention/rules-schema.js';
import { policyDifferences } from '../../src/tasks/policy/maintenance-policy.js';
import { validate } from '../../src/validation/validation.js';

const refusal = (rules: unknown): string => {
  try {
    resolveMaintenanceOptions({ retention: { rules } } as TenxyteMaintenanceOptions);
  } catch (error) {
    if (error instanceof MaintenanceConfigError) {
      return error.message.replace('Invalid options of TenxyteMaintenanceModule: ', '');
    }
    throw error;
  }
  return 'accepted';
};
const valid = (...rules: RetentionRule[]): readonly CompleteRetentionRule[] =>
  validate('rules', retentionRulesSchema, rules);
const RULE = { target: 'audit_logs', actions: ['login'], days: 30 } as const;
const DAYS = `a whole number of days from 1 to 36500, or 'forever' (a rule has no 0, which keeps forever in one option and nothing in another)`;

describe('a retention rule', () => {
  it.each<[string, unknown, string]>([
    ['no list', {}, 'retention.rules is a value of type object, accepted is a list of rules'],
    ['no rule', [5], 'retention.rules.0 is 5, accepted is a rule such as { target, applicationIds, days }'],
    [
      'an unknown target',
      [{ ...RULE, target: 'otp_codes' }],
      'retention.rules.0.target is "otp_codes", accepted is one of login_attempts, audit_logs, refresh_tokens, magic_link_tokens',
    ],
    [
      'a dimension of another target',
      [{ ...RULE, target: 'refresh_tokens', applicationIds: [3] }],
      'retention.rules.0.actions is a dimension that refresh_tokens does not have, accepted is of refresh_tokens: applicationIds',
    ],
    [
      'an unknown dimension',
      [{ ...RULE, userIds: [3] }],
      'retention.rules.0.userIds is not an option, accepted is one of the documented names',
    ],
    [
      'no dimension',
      [{ target: 'audit_logs', days: 30 }],
      'retention.rules.0 is a rule for every row of audit_logs, accepted is one that names some by applicationIds, organizationIds, actions: what holds for all others is an option',
    ],
    [
      'a dimension without value, which would make it one for all rows',
      [{ ...RULE, applicationIds: undefined }],
      'retention.rules.0.applicationIds is undefined, accepted is a list of ids',
    ],
    [
      'an empty list',
      [{ ...RULE, actions: [] }],
      'retention.rules.0.actions is a list, accepted is a list of actions, each a text, at least one of them',
    ],
    [
      'an action that is no text',
      [{ ...RULE, actions: ['login', 5] }],
      'retention.rules.0.actions.1 is 5, accepted is an action: a text of 1 to 200 characters',
    ],
    [
      'an id that is neither a number nor a text',
      [{ ...RULE, applicationIds: [1.5] }],
      'retention.rules.0.applicationIds.0 is 1.5, accepted is an id: a whole number, or a text',
    ],
    ['no days', [{ target: 'audit_logs', actions: ['a'] }], `retention.rules.0.days is undefined, accepted is ${DAYS}`],
    ['0 days', [{ ...RULE, days: 0 }], `retention.rules.0.days is 0, accepted is ${DAYS}`],
    ['too many days', [{ ...RULE, days: 36_501 }], `retention.rules.0.days is 36501, accepted is ${DAYS}`],
    ['half a day', [{ ...RULE, days: 0.5 }], `retention.rules.0.days is 0.5, accepted is ${DAYS}`],
    ['a text for days', [{ ...RULE, days: '30' }], `retention.rules.0.days is "30", accepted is ${DAYS}`],
    [
      'a priority out of range',
      [{ ...RULE, priority: 1_001 }],
      'retention.rules.0.priority is 1001, accepted is a whole number from -1000 to 1000',
    ],
  ])('is refused in one sentence: %s', (_, rules, sentence) => {
    expect(refusal(rules)).toBe(sentence);
  });

  it.each<[string, RetentionRule]>([
    ['a day', { ...RULE, days: 1 }],
    ['a century', { ...RULE, days: 36_500 }],
    ['forever', { ...RULE, days: 'forever' }],
    ['a uuid', { ...RULE, applicationIds: ['7f6c2c0e-9f0b-4d6e-8a51-0c8a52b1d6a7'] }],
  ])('may be of %s', (_, rule) => {
    expect(refusal([rule])).toBe('accepted');
  });

  it('has its ids as text and its priority decided', () => {
    expect(valid({ target: 'login_attempts', applicationIds: [3, '4'], days: 1 })).toEqual([
      { target: 'login_attempts', applicationIds: ['3', '4'], days: 1, priority: 0 },
    ]);
  });

  it.each<[string, string]>([
    ['__proto__', '"__proto__"'],
    ['constructor', '"constructor"'],
    ['app_sessions', '"app_sessions"'],
  ])('is for no target %s where the host has none', (target, shown) => {
    expect(refusal([{ ...RULE, target }])).toContain(`retention.rules.0.target is ${shown}, accepted is one of`);
  });

  it("is for a host's own target by what that declares, whatever the bounds are", () => {
    const own = { app_sessions: ['applicationIds', 'organizationIds'] } as const;
    const rules = valid(
      { target: 'app_sessions', applicationIds: [3], days: 1 },
      { target: 'app_sessions', actions: ['login'], days: 2 },
      { target: 'app_sessions', days: 3 },
    );
    expect(ruleProblems(rules, own)).toEqual([
      {
        path: 'rules.1.actions',
        received: 'a dimension that app_sessions does not have',
        accepted: 'of app_sessions: applicationIds, organizationIds',
      },
      {
        path: 'rules.2',
        received: 'a rule for every row of app_sessions',
        accepted: expect.stringContaining('one that names some by applicationIds, organizationIds:'),
      },
    ]);
    const bounds = { auditLogDays: { minDays: 300 } };
    expect(retentionBoundsViolations(completeRetentionPolicy({ rules }), bounds)).toEqual([]);
  });

  it('can name what its target says of its rows', () => {
    for (const name of RULED_TARGET_NAMES) {
      const dimensions = CLEANUP_TARGETS.find((target) => target.name === name)?.dimensions;
      const { application, action, user } = { ...dimensions } as Readonly<Record<string, unknown>>;
      expect({
        name,
        named: RULED_TARGETS[name].dimensions.toSorted((one, other) => one.localeCompare(other)),
      }).toEqual({
        name,
        named: [
          ...(action === undefined ? [] : ['actions']),
          ...(application === undefined ? [] : ['applicationIds']),
          ...(action === undefined || user === undefined ? [] : ['organizationIds']),
        ],
      });
    }
  });

  it('is called by what it names, a long list by its beginning and what tells it from another', () => {
    const [short, long, other] = valid(
      { ...RULE, actions: ['b', 'a'], applicationIds: [3], priority: -1 },
      { ...RULE, applicationIds: [4, 1, 2, 3, 5] },
      { ...RULE, applicationIds: [4, 1, 2, 3, 6] },
    );
    const nameOf = (rule: CompleteRetentionRule | undefined): string => (rule === undefined ? '' : ruleName(rule));
    expect(nameOf(short)).toBe('application 3, actions a or b, priority -1');
    expect(nameOf(long)).toMatch(/^applications 1, 2, 3 and 2 more \([0-9a-f]{8}\), action login$/);
    expect(nameOf(long)).not.toBe(nameOf(other));
  });
});

describe('of several retention rules', () => {
  it('wins the highest priority, then the more specific, then application over organization over action', () => {
    const all = { applicationIds: [1], organizationIds: [1], actions: ['a'] };
    const { applicationIds, organizationIds, actions } = all;
    const rules = valid(
      { target: 'audit_logs', actions, days: 1 },
      { target: 'audit_logs', organizationIds, days: 2 },
      { target: 'audit_logs', organizationIds, actions, days: 3 },
      { target: 'audit_logs', applicationIds, days: 4 },
      { target: 'audit_logs', applicationIds, actions, days: 5 },
      { target: 'audit_logs', applicationIds, organizationIds, days: 6 },
      { target: 'audit_logs', ...all, days: 7 },
      { target: 'audit_logs', actions, days: 8, priority: 1 },
      { target: 'audit_logs', ...all, days: 9, priority: -1 },
      { target: 'login_attempts', applicationIds, days: 10, priority: 100 },
    );
    expect(rankedRules(rules, 'audit_logs').map(({ days }) => days)).toEqual([8, 7, 6, 5, 3, 4, 2, 1, 9]);
  });

  const tie = (first: Partial<RetentionRule>, second: Partial<RetentionRule>): string =>
    refusal([
      { ...RULE, ...first },
      { ...RULE, days: 60, ...second },
    ]);

  it('two that may match one row, with nothing to choose between them, are refused by both their names', () => {
    expect(tie({ actions: ['login', 'logout'] }, { actions: ['logout'] })).toBe(
      'retention.rules.1 is a tie: audit_logs of action logout for 60 days and rules.0, audit_logs of actions login or logout for 30 days, ' +
        'may match one row, accepted is another priority of one of them, or the same days of both',
    );
  });

  it('two of organizations are refused even when the organizations differ, as a user may be in both', () => {
    const [one, other] = [{ organizationIds: [1] }, { organizationIds: [2] }];
    expect(tie(one, other)).toMatch(/^retention\.rules\.1 is a tie: /);
    expect(tie(one, { ...other, actions: ['logout'] })).toBe('accepted');
  });

  it.each<[string, Partial<RetentionRule>, Partial<RetentionRule>]>([
    ['match no row together', {}, { actions: ['logout'] }],
    ['match none together in one of two dimensions', { applicationIds: [1] }, { applicationIds: ['2'] }],
    ['keep it as long', {}, { days: 30 }],
    ['differ in priority', {}, { priority: 1 }],
    ['differ in what they name', {}, { applicationIds: [1] }],
    ['are for other targets', { target: 'login_attempts', actions: undefined as never }, {}],
  ])('two are accepted that %s', (_, first, second) => {
    const given = [
      { ...RULE, ...first },
      { ...RULE, days: 60, ...second },
    ].map(({ ...rule }) => Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined)));
    const named = given.map((rule) => (rule['actions'] === undefined ? { ...rule, applicationIds: [1] } : rule));
    expect(refusal(named)).toBe('accepted');
  });
});

describe('the retention bounds', () => {
  const violations = (rule: RetentionRule, minDays: number, maxDays: number): string[] => {
    const window = { minDays, maxDays };
    const policy = completeRetentionPolicy({
      auditLogDays: minDays,
      loginAttemptsDays: minDays,
      revokedRefreshTokenGraceDays: minDays,
      rules: valid(rule),
    });
    const [auditLogDays, loginAttemptsDays, revokedRefreshTokenGraceDays] = [window, window, window];
    return retentionBoundsViolations(policy, { auditLogDays, loginAttemptsDays, revokedRefreshTokenGraceDays });
  };

  it.each<[RetentionRule, string]>([
    [
      { ...RULE, days: 89 },
      'rules.0 (audit_logs of action login) is 89, at least 90 is required by the bounds of auditLogDays',
    ],
    [
      { target: 'login_attempts', applicationIds: [3], days: 401 },
      'rules.0 (login_attempts of application 3) is 401, at most 400 is allowed by the bounds of loginAttemptsDays',
    ],
    [
      { target: 'refresh_tokens', applicationIds: [3], days: 'forever' },
      'rules.0 (refresh_tokens of application 3) is forever, at most 400 is allowed by the bounds of revokedRefreshTokenGraceDays',
    ],
  ])('bind %j', (rule, sentence) => {
    expect(violations(rule, 90, 400)).toEqual([sentence]);
  });

  it('include both ends, and bind no magic links', () => {
    for (const days of [90, 400]) {
      expect(violations({ ...RULE, days }, 90, 400)).toEqual([]);
    }
    expect(violations({ target: 'magic_link_tokens', applicationIds: [3], days: 'forever' }, 90, 400)).toEqual([]);
  });

  it('are known at start-up to be broken by a rule', () => {
    const retentionBounds = { auditLogDays: { maxDays: 365 } };
    expect(() =>
      resolveMaintenanceOptions({ retention: { rules: [{ ...RULE, days: 'forever' }] }, retentionBounds }),
    ).toThrow('rules.0 (audit_logs of action login) is forever, at most 365 is allowed by the bounds of auditLogDays');
  });
});

describe('the policy that is compared', () => {
  const policy = (...rules: RetentionRule[]) => policyOf(resolveMaintenanceOptions({ retention: { rules } }));
  const OTHER = { target: 'login_attempts', applicationIds: [2, 1], days: 'forever' } as const;

  it('has each rule, whatever their order and the order of what they name', () => {
    expect(policyDifferences(policy(RULE, OTHER), policy({ ...OTHER, applicationIds: ['1', 2] }, RULE))).toEqual([]);
    expect(policyDifferences(policy(RULE, OTHER), policy({ ...RULE, days: 31 }))).toEqual([
      { path: 'retention.rules.audit_logs of action login', here: '30', there: '31' },
      { path: 'retention.rules.login_attempts of applications 1 or 2', here: '"forever"', there: 'not set' },
    ]);
  });
});
