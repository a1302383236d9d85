import { type OwnRuledTargets, RULE_DIMENSIONS, type RuleDimension } from '../../retention/retention-rule.js';
import type { EntityClass } from '../../tenxyte/tenxyte-entities.js';
import { hasOwn } from '../../validation/own-properties.js';
import { CLEANUP_TARGETS, type CleanedTargetName } from './cleanup-targets.js';
import type { CleanupTarget, Cutoff, DueCondition } from './define-cleanup-target.js';
import type { OwnCleanupTarget, OwnDueCondition } from './own-target.js';

/** The setting that a host's own targets stand in. */
interface OwnTargetSettings {
  readonly targets: readonly OwnCleanupTarget[];
}

/** Every target there is, in the order of a run: this package's, then the host's own. */
export function targetsInForce(settings: OwnTargetSettings): readonly CleanupTarget<CleanedTargetName>[] {
  return [...CLEANUP_TARGETS, ...ownTargets(settings)];
}

/** The host's own targets, in the terms of this package's. */
export function ownTargets({ targets }: OwnTargetSettings): readonly CleanupTarget<string, EntityClass>[] {
  return targets.map((target) => {
    const { name, entity, summary, dimensions, retention } = target;
    return {
      name,
      entity,
      summary,
      dimensions,
      dueWhen: dueCondition(target.dueWhen, retention?.days ?? 0),
      ...(retention === undefined ? {} : { retentionDays: retention.days }),
    };
  });
}

/** What retention rules can name of the host's own targets; one of which they can name nothing is left out. */
export function ownRuledTargets({ targets }: OwnTargetSettings): OwnRuledTargets {
  const named = targets.map(({ name, dimensions }): [string, RuleDimension[]] => [
    name,
    RULE_DIMENSIONS.filter((dimension) => (dimensions[NAMED_BY[dimension]] ?? []).length > 0),
  ]);
  return Object.fromEntries(named.filter(([, dimensions]) => dimensions.length > 0));
}

const NAMED_BY = { applicationIds: 'application', organizationIds: 'user', actions: 'action' } as const;

/** The names of the host's own targets with what their cutoffs are reckoned by, which a command line must agree on with the applications. */
export function ownTargetPolicy(targets: readonly OwnCleanupTarget[]): Readonly<Record<string, readonly string[]>> {
  const cutoffs = ({ dueWhen }: CleanupTarget): string[] =>
    cutoffsOf(dueWhen).map((cutoff) => (typeof cutoff === 'object' ? `${cutoff.days} days` : cutoff));
  return Object.fromEntries(ownTargets({ targets }).map((target) => [target.name, [...new Set(cutoffs(target))]]));
}

function dueCondition(condition: OwnDueCondition, retentionDays: number): DueCondition {
  const translate = (part: OwnDueCondition): DueCondition => dueCondition(part, retentionDays);
  if (hasOwn(condition, 'anyOf')) {
    return { anyOf: condition.anyOf.map(translate) };
  }
  if (hasOwn(condition, 'allOf')) {
    return { allOf: condition.allOf.map(translate) };
  }
  if (!hasOwn(condition, 'before')) {
    return condition;
  }
  const { before, days, cutoff } = condition as { before: string; days?: number; cutoff?: string };
  if (days !== undefined) {
    return { before, cutoff: { days } };
  }
  return { before, cutoff: cutoff === 'expiredGraceMinutes' ? cutoff : { days: retentionDays } };
}

function cutoffsOf(condition: DueCondition): readonly Cutoff[] {
  if (hasOwn(condition, 'anyOf') || hasOwn(condition, 'allOf')) {
    return (hasOwn(condition, 'anyOf') ? condition.anyOf : condition.allOf).flatMap(cutoffsOf);
  }
  return hasOwn(condition, 'before') ? [condition.cutoff] : [];
}
