import type { Command } from 'commander';
import { type RetentionQuestion, validateRetentionQuestion } from '../../cleanup/policy/retention-question.js';
import { CLEANUP_TARGET_NAMES } from '../../cleanup/targets/cleanup-targets.js';
import { MaintenanceConfigError } from '../../errors/maintenance-config.error.js';
import { UsageError } from '../../errors/usage.error.js';
import { RULE_DIMENSIONS, RULED_TARGET_NAMES } from '../../retention/retention-rule.js';
import { EXIT_CODE } from '../exit-codes.js';
import type { MaintenanceCommand } from '../maintenance-command.js';
import { explanationText } from '../output/policy-text.js';

/** The flag of each property of a question. */
const FLAGS: Readonly<Record<keyof RetentionQuestion, string>> = {
  target: 'target',
  action: 'action',
  applicationId: 'application',
  organizationId: 'organization',
  createdAt: 'created',
};

/** `tenxyte-maintenance policy explain` */
export const policyExplainCommand: MaintenanceCommand = {
  name: 'policy explain',
  task: 'policy explain',
  summary: 'tell which retention rule holds for a row with some properties, and its cutoff now',
  examples: [
    '--target audit_logs --action login',
    '--target refresh_tokens --application 7',
    '--target login_attempts --json',
  ],
  declare: (command) => {
    command
      .option('--target <target>', `the target whose row it is: ${RULED_TARGET_NAMES.join(', ')}, or an own one`)
      .option('--action <action>', 'what the row records, of audit_logs')
      .option('--application <id>', 'the application that the row belongs to')
      .option('--organization <id>', 'an organization that its user is a member of, of audit_logs')
      .option('--created <time>', 'when it was made, to be told whether it is due: a date, or a time with its zone');
  },
  plan: (command) => {
    const question = questionOf(command);
    return async ({ maintenance }) => {
      const explanation = await maintenance.explainRetention(question).catch((error: unknown) => {
        throw inFlagWords(error);
      });
      return {
        report: { task: 'policy explain', status: 'succeeded', ...explanation },
        text: (paint) => explanationText(explanation, paint),
        exitCode: EXIT_CODE.done,
      };
    };
  },
};

/** @throws {UsageError} in the words of the flags, when the service would refuse the question whatever targets of its own the host has */
function questionOf(command: Command): RetentionQuestion {
  const flags = command.opts<Readonly<Partial<Record<string, string>>>>();
  const given = Object.entries(FLAGS).flatMap(([property, flag]) =>
    flags[flag] === undefined ? [] : [[property, flags[flag]] as const],
  );
  const question = Object.fromEntries(given) as Partial<RetentionQuestion>;
  const { target } = question;
  const mayBeOwn = target !== undefined && !CLEANUP_TARGET_NAMES.some((name) => name === target);
  try {
    validateRetentionQuestion(question as RetentionQuestion, mayBeOwn ? { [target]: RULE_DIMENSIONS } : {});
    return question as RetentionQuestion;
  } catch (error) {
    throw inFlagWords(error);
  }
}

/** What the service refuses of the question; any other error as it is. */
function inFlagWords(error: unknown): unknown {
  if (!(error instanceof MaintenanceConfigError) || !error.problems.every(({ path }) => Object.hasOwn(FLAGS, path))) {
    return error;
  }
  const problems = error.problems.map(({ path, received, accepted }) => {
    const shown = received === 'undefined' ? 'not given' : received;
    return `--${FLAGS[path as keyof typeof FLAGS]} is ${shown}, accepted is ${accepted}`;
  });
  return new UsageError(problems.join('; '), error);
}
