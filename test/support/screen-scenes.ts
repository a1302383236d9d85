import { agentHeartbeatComplaint, agentHeartbeatText } from '../../src/agent-heartbeat/agent-heartbeat-text.js';
import { cleanupComplaint, cleanupText } from '../../src/cleanup/cleanup-text.js';
import { moduleLines } from '../../src/cli/commands/initial-config.js';
import { cancelledText, pausedText, resumedText } from '../../src/cli/output/control-text.js';
import { doctorText } from '../../src/cli/output/doctor-text.js';
import { historyText, recordedRunText } from '../../src/cli/output/history-text.js';
import { heldRowText, holdListText, holdText, placedText, releasedText } from '../../src/cli/output/hold-text.js';
import { explanationText } from '../../src/cli/output/policy-text.js';
import { statusText } from '../../src/cli/output/status-text.js';
import { dependencyScanComplaint, dependencyScanText } from '../../src/dependency-scan/dependency-scan-text.js';
import {
  type AgentHeartbeatReport,
  CLEANUP_TARGET_NAMES,
  type CleanupReport,
  type CleanupTargetReport,
  type DependencyScanReport,
  type PausedTask,
  type ProgressSnapshot,
  type RecordedRun,
  type RetentionExplanation,
  type RuleInForce,
  type TotpKeyRotationReport,
} from '../../src/index.js';
import type { LegalHoldDetails } from '../../src/holds/legal-hold.js';
import type { Paint } from '../../src/text/paint.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { totpRotationComplaint, totpRotationText } from '../../src/totp-key-rotation/totp-rotation-text.js';

/** What a command prints, of data as they are: long ids, long messages, wide characters, a row for each target. */
interface ScreenScene {
  readonly command: string;
  readonly name: string;
  readonly text: (paint: Paint) => string;
  readonly complaint?: string | undefined;
}

const AT = '2026-03-01T03:00:00.123456Z';
const RUN_ID = '7f6c2c0e-9f0b-4d6e-8a51-0c8a52b1d6a7';
const LONG =
  'canceling statement due to lock timeout while locking tuple (1,2) in relation "refresh_tokens" of schema "a_rather_long_schema_name_of_a_host"; the rest is left to the next run';
const WIDE = '清理代理程序-'.repeat(6);
const BASE = {
  dryRun: false,
  runId: RUN_ID,
  runAt: AT,
  durationMs: 754_000,
  stopReason: null,
  cancelledBy: null,
  force: false,
  startedBy: null,
  isUncertain: false,
} as const;

const TARGET: Omit<CleanupTargetReport, 'name'> = {
  status: 'succeeded',
  rows: 12_345_678,
  lockedRows: 12,
  referencedRows: 3,
  referencedBy: ['app.sessions', 'app.devices_of_the_users_of_this_host'],
  keptRows: 0,
  heldRows: 0,
  heldWhole: [],
  tableChanges: [],
  cutoff: AT,
  retentionDays: 365,
  strategy: 'heap-walk',
  batches: 1_200,
  longestBatchMs: 1_250,
  durationMs: 3_900_000,
  isUncertain: false,
};
const BRAKED = {
  code: 'BRAKE_MAX_ROWS',
  retryable: false,
  message: `More than 10000 rows are due: nothing was deleted. ${LONG}`,
};

const cleanup: CleanupReport = {
  ...BASE,
  task: 'cleanup',
  status: 'partial',
  rows: 98_765_432,
  targets: CLEANUP_TARGET_NAMES.map((name, index) => ({
    ...TARGET,
    name,
    ...(index === 1
      ? { status: 'failed', rows: 0, error: { code: 'LOCK_TIMEOUT', retryable: true, message: LONG } }
      : {}),
    ...(index === 2 ? { status: 'failed', rows: 0, batches: 0, error: BRAKED } : {}),
    ...(index === 3 ? { status: 'skipped', rows: 0, batches: 0, cutoff: null, skipReason: 'table-not-found' } : {}),
  })),
};

const cleanupDryRun: CleanupReport = {
  ...cleanup,
  dryRun: true,
  status: 'succeeded',
  rows: TARGET.rows * CLEANUP_TARGET_NAMES.length,
  targets: CLEANUP_TARGET_NAMES.map((name) => ({
    ...TARGET,
    name,
    batches: 0,
    longestBatchMs: 0,
    brake: 'BRAKE_MAX_ROWS',
  })),
};

const heartbeats: AgentHeartbeatReport = {
  ...BASE,
  task: 'agent-heartbeat',
  status: 'stopped',
  stopReason: 'signal',
  monitored: 4_000,
  suspended: 2,
  expired: 3,
  lockedAgents: 1,
  agents: [
    { id: '9223372036854775807', agentId: WIDE, lastHeartbeatAt: AT, overdueSeconds: 90 },
    { id: '2', agentId: 'a'.repeat(100), lastHeartbeatAt: null, overdueSeconds: 9_007_199_254 },
  ],
};

const rotation: TotpKeyRotationReport = {
  ...BASE,
  task: 'totp-key-rotation',
  status: 'partial',
  mode: 'rolling',
  total: 1_234_567,
  rotated: 1_200_000,
  alreadyCurrent: 34_000,
  encryptedPlaintext: 0,
  leftPlaintext: 5,
  undecryptable: 40,
  undecryptableUserIds: Array.from(
    { length: 20 },
    (_, index) => `0c8a52b1-7f6c-4d6e-8a51-${String(index).padStart(12, '0')}`,
  ),
  heldUsers: 3,
  safeToRetirePreviousKeys: false,
  keyInUseSince: AT,
  keyAgeDays: 30,
  lastRotationAt: AT,
  error: { code: 'TOTP_UNDECRYPTABLE', retryable: false, message: LONG },
};

const scan: DependencyScanReport = {
  ...BASE,
  task: 'dependency-scan',
  status: 'succeeded',
  verdict: 'vulnerable',
  level: 'high',
  packageManager: 'npm',
  lockFile: '/srv/applications/of-a-company/authentication-service/package-lock.json',
  counts: { critical: 1, high: 1, moderate: 0, low: 0, info: 0 },
  atOrAboveLevel: 2,
  vulnerabilities: (['critical', 'high'] as const).map((severity) => ({
    id: 'GHSA-jf85-cpcp-j695',
    package: '@a-company/a-package-with-a-rather-long-name',
    severity,
    title:
      'Prototype pollution in a function that many call, by way of keys that nobody thought of when it was written',
    url: null,
    range: '<4.17.12 || >=5.0.0 <5.4.2',
    fixAvailable: true,
  })),
  allowed: [{ id: 'GHSA-aaaa-bbbb-cccc', package: 'another', severity: 'low', reason: LONG, expires: '2027-01-01' }],
  staleAllowances: [],
};

const run: RecordedRun = {
  cancelRequestedAt: AT,
  runId: RUN_ID,
  task: 'totp-key-rotation',
  trigger: 'engine',
  slot: AT,
  engine: 'bullmq',
  engineJob: 'repeat:cleanup:1773111600000',
  owner: 'authentication-service-7d9f8b6c5d-x2x4z:17:0c8a52b1d6a7',
  status: 'failed',
  startedAt: AT,
  finishedAt: AT,
  durationMs: 754_000,
  stopReason: 'cancelled',
  cancelledBy: { actor: 'Ann', reason: LONG },
  force: true,
  startedBy: { actor: WIDE, reason: LONG },
  summary: LONG,
  error: { code: 'LOCK_TIMEOUT', retryable: true, message: LONG },
  report: rotation,
};

const pause: PausedTask = {
  task: 'totp-key-rotation',
  pausedAt: AT,
  until: AT,
  pausedBy: { actor: WIDE, reason: LONG },
};

const progress: ProgressSnapshot = {
  overall: 0.433,
  parts: [
    { name: 'otp_codes', unit: 'row', count: 7, fraction: 1, remainingMs: 0, status: 'succeeded', reason: null },
    {
      name: 'app.devices_of_the_users_of_this_host',
      unit: 'row',
      count: 12_345_678,
      fraction: 0.5,
      remainingMs: 3_900_000,
      status: null,
      reason: null,
    },
  ],
};

const status: Parameters<typeof statusText>[0] = {
  task: 'status',
  holds: { inForce: 2, coolingDown: 1, pastReview: 0 },
  status: 'succeeded',
  at: AT,
  isRecorded: true,
  tasks: (['cleanup', 'agent-heartbeat', 'totp-key-rotation', 'dependency-scan'] as const).map((task) => ({
    task,
    schedule: {
      source: 'recorded',
      by: 'timer',
      expression: '0 5 1 * *',
      description: 'At 05:00, on day 1 of the month, only in January, March and December',
      timeZone: 'America/Argentina/Buenos_Aires',
      recordedSince: AT,
    },
    lastRun: run,
    lastSuccessAt: AT,
    running: { ...run, leaseExpiresAt: AT, leaseSecondsLeft: 40, progress },
    pause,
    nextRunAt: AT,
    health: 'failing',
    reason: `its last run failed (LOCK_TIMEOUT): ${LONG}`,
  })),
};

const doctor: Parameters<typeof doctorText>[0] = {
  task: 'doctor',
  status: 'succeeded',
  problems: 1,
  checks: [
    { name: 'privileges', level: 'problem', subject: 'refresh_tokens', message: LONG, whatToDo: `grant ${LONG}` },
    { name: 'connection', level: 'ok', message: `PostgreSQL 17.2, database "${WIDE}", role "tenxyte"` },
  ],
};

const RULES: Required<CleanupTargetReport>['rules'] = [
  {
    index: 12,
    rule: 'applications 1, 10, 100 and 497 more (0c8a52b1), actions a_rather_long_action_of_a_host or login_failed, priority 100',
    days: 400,
    cutoff: AT,
    rows: 12_345_678,
    hasMatches: true,
  },
  { index: 0, rule: `action ${WIDE}`, days: 'forever', cutoff: null, rows: 0, hasMatches: false },
  { index: null, rule: 'default', days: 365, cutoff: AT, rows: null, hasMatches: null },
];

const ruledCleanup: CleanupReport = {
  ...cleanupDryRun,
  targets: cleanupDryRun.targets.map((target) =>
    target.name === 'audit_logs' || target.name === 'agent_pending_actions' ? { ...target, rules: RULES } : target,
  ),
};

const explanation: RetentionExplanation = {
  at: AT,
  decidedBy: 'provider',
  target: 'audit_logs',
  winner: RULES[0] as RuleInForce,
  runnersUp: RULES.slice(1),
  dueAt: AT,
  isDue: true,
};

const hold: LegalHoldDetails = {
  id: RUN_ID,
  status: 'active',
  caseRef: 'Case 2026-17, Regional Court',
  reason: LONG,
  target: 'audit_logs',
  userId: '4711',
  identifiers: [WIDE, 'ann.with.a.long.name@mail.example.com'],
  applicationId: '3',
  organizationId: '7',
  createdFrom: AT,
  createdTo: null,
  placedBy: 'A. Counsel',
  placedAt: AT,
  reviewAt: AT,
  releasedBy: null,
  releasedAt: null,
  releaseReason: null,
  effectiveReleaseAt: null,
  subjects: { users: 1, identifiers: 3, agentTokens: 12, applications: 1, organizations: 1 },
  events: [{ event: 'placed', at: AT, actor: 'A. Counsel', reason: LONG, databaseUser: 'maintenance' }],
  heldWhole: ['audit_logs'],
};
const releasedHold: LegalHoldDetails = {
  ...hold,
  status: 'cooling-down',
  target: null,
  identifiers: null,
  releasedBy: 'B. Counsel',
  releasedAt: AT,
  releaseReason: LONG,
  effectiveReleaseAt: AT,
  events: [
    ...hold.events,
    { event: 'released', at: AT, actor: 'B. Counsel', reason: LONG, databaseUser: 'maintenance' },
  ],
};

/** A scene or more of each command. */
export const SCREEN_SCENES: readonly ScreenScene[] = [
  {
    command: 'cleanup',
    name: 'run',
    text: (paint) => cleanupText(cleanup, paint),
    complaint: cleanupComplaint(cleanup),
  },
  { command: 'cleanup', name: 'dry run', text: (paint) => cleanupText(cleanupDryRun, paint) },
  {
    command: 'check-heartbeats',
    name: 'run',
    text: (paint) => agentHeartbeatText(heartbeats, paint),
    complaint: agentHeartbeatComplaint(heartbeats),
  },
  {
    command: 'rotate-totp-key',
    name: 'run',
    text: (paint) => totpRotationText(rotation, paint),
    complaint: totpRotationComplaint(rotation),
  },
  { command: 'generate-totp-key', name: 'key', text: () => FernetKey.generate() },
  {
    command: 'scan-dependencies',
    name: 'run',
    text: (paint) => dependencyScanText(scan, paint),
    complaint: dependencyScanComplaint(scan),
  },
  { command: 'status', name: 'all tasks', text: (paint) => statusText(status, paint) },
  { command: 'history', name: 'list', text: (paint) => historyText([run, { ...run, status: 'succeeded' }], paint) },
  { command: 'history', name: 'one run', text: (paint) => recordedRunText(run, paint) },
  { command: 'cancel', name: 'a run', text: (paint) => cancelledText({ ...run, cancelRequestedAt: AT }, paint) },
  { command: 'pause', name: 'a task', text: (paint) => pausedText(pause, paint) },
  {
    command: 'resume',
    name: 'a task',
    text: (paint) => resumedText({ ...pause, resumedAt: AT, resumedBy: pause.pausedBy }, paint),
  },
  { command: 'cleanup', name: 'dry run by rules', text: (paint) => cleanupText(ruledCleanup, paint) },
  { command: 'policy explain', name: 'a rule', text: (paint) => explanationText(explanation, paint) },
  { command: 'policy document', name: 'a schedule', text: () => '# Retention schedule' },
  { command: 'hold place', name: 'a hold', text: (paint) => placedText(hold, paint) },
  { command: 'hold list', name: 'holds', text: (paint) => holdListText([hold, releasedHold], paint) },
  { command: 'hold show', name: 'one hold', text: (paint) => holdText(releasedHold, paint) },
  { command: 'hold explain', name: 'a held row', text: (paint) => heldRowText([hold], paint) },
  { command: 'hold release', name: 'a released hold', text: (paint) => releasedText(releasedHold, paint) },
  { command: 'doctor', name: 'findings', text: (paint) => doctorText(doctor, paint) },
  {
    command: 'init',
    name: 'done',
    text: () => moduleLines('tenxyte-maintenance.config.mjs').join('\n'),
  },
  { command: 'migrate', name: 'done', text: () => 'succeeded: created the schema tenxyte_maintenance, version 1' },
];
