/** The longest retention accepted, in days (about a century): beyond it a value is a mistake, not a policy. */
export const MAX_RETENTION_DAYS = 36_500;

/** What a rule may name to say which rows it is for. */
export const RULE_DIMENSIONS = ['applicationIds', 'organizationIds', 'actions'] as const;

/** One of them. */
export type RuleDimension = (typeof RULE_DIMENSIONS)[number];

/** The targets that rules may be for: what each can name, and the option whose `retentionBounds` bind its rules. */
export const RULED_TARGETS = {
  login_attempts: { dimensions: ['applicationIds'], boundedBy: 'loginAttemptsDays' },
  audit_logs: { dimensions: RULE_DIMENSIONS, boundedBy: 'auditLogDays' },
  refresh_tokens: { dimensions: ['applicationIds'], boundedBy: 'revokedRefreshTokenGraceDays' },
  magic_link_tokens: { dimensions: ['applicationIds'], boundedBy: undefined },
} as const satisfies Readonly<Record<string, { readonly dimensions: readonly RuleDimension[]; boundedBy: unknown }>>;

/** The name of one of this package's targets that rules may be for. */
export type RuledTargetName = keyof typeof RULED_TARGETS;

/** All of them. */
export const RULED_TARGET_NAMES = Object.keys(RULED_TARGETS) as readonly RuledTargetName[];

/** What a host's own targets can name, by the name of each that can name something. */
export type OwnRuledTargets = Readonly<Record<string, readonly RuleDimension[]>>;

/** DI token of the {@link OwnRuledTargets}. */
export const OWN_RULED_TARGETS = Symbol('TENXYTE_MAINTENANCE_OWN_RULED_TARGETS');

/** True of one of this package's targets that rules may be for. */
export function isBuiltInRuledTarget(target: string): target is RuledTargetName {
  return Object.hasOwn(RULED_TARGETS, target);
}

/** What a rule for a target can name; undefined where there can be none. */
export function ruleDimensionsOf(target: string, own: OwnRuledTargets): readonly RuleDimension[] | undefined {
  return isBuiltInRuledTarget(target)
    ? RULED_TARGETS[target].dimensions
    : Object.hasOwn(own, target)
      ? own[target]
      : undefined;
}

/** The targets that rules may be for, as a sentence of a problem lists them. */
export function ruledTargetsInWords(own: OwnRuledTargets = {}): string {
  return `one of ${[...RULED_TARGET_NAMES, ...Object.keys(own)].join(', ')}`;
}

/** A retention of its own for some rows of a target. It names one dimension or more, of which a row must match each. */
export interface RetentionRule {
  /**
   * The target whose rows it is for: `login_attempts`, `audit_logs`, `refresh_tokens`, `magic_link_tokens`, or one of the host's own, by the
   * dimensions that it declares.
   */
  readonly target: RuledTargetName | (string & Record<never, never>);
  /** What the row records, such as `login_failed`: any of these, as spelt. Of `audit_logs` and own targets. @default whatever it is */
  readonly actions?: readonly string[];
  /** The application the row belongs to: any of these. A row without one matches no such rule. @default whatever it is */
  readonly applicationIds?: readonly (number | string)[];
  /**
   * The organization whose member the row's user is, or whose agent acted: any of these. Of `audit_logs` and own targets. Members and
   * agents are looked up once, as a run starts. @default whatever it is
   */
  readonly organizationIds?: readonly (number | string)[];
  /**
   * Days that a row is kept: 1 to 36,500, or `'forever'`. They count from the row's creation, of tokens from expiry or revocation,
   * whichever comes first. There is no 0: it keeps forever in one option and nothing in another.
   */
  readonly days: number | 'forever';
  /** Of several rules that match a row, the highest wins; of equal ones the more specific. -1,000 to 1,000. @default 0 */
  readonly priority?: number;
}

/** A rule that was found valid: ids are text, and the priority is decided. */
export interface CompleteRetentionRule extends RetentionRule {
  readonly applicationIds?: readonly string[];
  readonly organizationIds?: readonly string[];
  readonly priority: number;
}
