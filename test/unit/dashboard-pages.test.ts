import { describe, expect, it } from '@jest/globals';
import { DASHBOARD_RIGHTS } from '../../src/dashboard/dashboard-options.js';
import { type Content, html } from '../../src/dashboard/html.js';
import { confirmPage } from '../../src/dashboard/pages/confirm.page.js';
import { overviewPage } from '../../src/dashboard/pages/overview.page.js';
import { reportOf } from '../../src/dashboard/pages/report.js';
import { runPage } from '../../src/dashboard/pages/run.page.js';
import { cancelButton, partsOf, progressOf } from '../../src/dashboard/pages/running.js';
import { bytes, relative, titleOf } from '../../src/dashboard/words.js';

const AT = '2026-03-01T03:00:00.000000Z';
const ANN = { actor: 'Ann', rights: new Set(DASHBOARD_RIGHTS) };
const NOBODY = { actor: undefined, rights: new Set<never>() };
/** As it reads: without markup, and with one blank where there are several. */
const textOf = (content: Content): string =>
  html`${content}`.text
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

const TARGET = {
  name: 'otp_codes',
  status: 'succeeded',
  rows: 2,
  lockedRows: 0,
  referencedRows: 0,
  referencedBy: [],
  keptRows: 0,
  heldRows: 0,
  heldWhole: [],
  tableChanges: [],
  isUncertain: false,
  cutoff: AT,
  retentionDays: null,
  strategy: 'heap-walk',
  batches: 1,
  longestBatchMs: 1,
  durationMs: 12,
};
const CLEANUP = { task: 'cleanup', status: 'succeeded', dryRun: false, rows: 2, targets: [TARGET] };
const SCAN = {
  task: 'dependency-scan',
  dryRun: false,
  verdict: 'vulnerable',
  level: 'high',
  atOrAboveLevel: 1,
  lockFile: 'package-lock.json',
};
const FINDING = {
  id: 'GHSA-1',
  package: 'lodash',
  severity: 'high',
  title: 'Injection',
  range: '<4',
  fixAvailable: true,
};
const report = (fields: object): string => textOf(reportOf(fields as never));

describe('what a report of the dashboard says', () => {
  it.each([
    ['counts', {}, 'otp_codes 2 ✓ succeeded 0 until it expires'],
    ['an error', { status: 'failed', error: { code: 'LOCK_TIMEOUT', message: 'held' } }, '✕ failed LOCK_TIMEOUT: held'],
    ['a skip', { status: 'skipped', skipReason: 'kept-forever', cutoff: null }, 'skipped kept-forever 0 ever no time'],
    ['rows that somebody held', { lockedRows: 1 }, '1 row left, as somebody held them'],
    ['rows that others refer to', { referencedRows: 2 }, '2 rows left, as others refer to them'],
    ['rows that a trigger kept', { keptRows: 3 }, '3 rows kept by a trigger'],
    ['rows that nobody counted', { heldRows: null, retentionDays: 90 }, '– 90 days'],
    ['a retention of 0', { retentionDays: 0 }, 'succeeded 0 ever'],
  ])('of a target: %s', (_what, fields, words) => {
    expect(report({ ...CLEANUP, targets: [{ ...TARGET, ...fields }] })).toContain(words);
  });

  it.each([
    [{ rule: 'application 3', index: 0, days: 30, rows: 5, hasMatches: true }, 'application 3 5 30 days'],
    [
      { rule: 'application 4', index: 1, days: 'forever', rows: null, hasMatches: false },
      'application 4 – matches no row ever',
    ],
    [{ rule: 'default', index: null, days: null, rows: 0, hasMatches: null }, 'default 0 until it expires'],
  ])('of the rules of a target', (rule, words) => {
    expect(report({ ...CLEANUP, targets: [{ ...TARGET, rules: [rule] }] })).toContain(words);
  });

  it.each([
    [true, 'Would be suspended', 'Would expire'],
    [false, 'Suspended', 'Expired'],
  ])('of heartbeats (dry run: %s)', (dryRun, suspended, expired) => {
    const agents = [{ id: '1', agentId: 'agent-1', lastHeartbeatAt: null, overdueSeconds: 90 }];
    const text = report({
      task: 'agent-heartbeat',
      dryRun,
      monitored: 3,
      suspended: 1,
      expired: 0,
      lockedAgents: 0,
      agents,
    });
    expect(text).toContain(suspended);
    expect(text).toContain(expired);
    expect(text).toContain('agent-1 1 never 1 min 30 s');
  });

  it.each([
    [true, true, 'Would be rotated', 'may be retired'],
    [false, false, 'Rotated', 'are still needed'],
  ])('of a rotation (dry run: %s)', (dryRun, safeToRetirePreviousKeys, rotated, keys) => {
    const counts = {
      total: 6,
      rotated: 1,
      alreadyCurrent: 1,
      encryptedPlaintext: 1,
      leftPlaintext: 1,
      undecryptable: 1,
      heldUsers: 1,
    };
    const text = report({ task: 'totp-key-rotation', dryRun, ...counts, safeToRetirePreviousKeys });
    expect(text).toContain(rotated);
    expect(text).toContain(keys);
  });

  it.each([
    [{ url: 'https://a.example/1' }, 'Fixed lodash high Injection GHSA-1 <4 yes'.replace('<4 ', '&lt;4 ')],
    [{ url: null, fixAvailable: null }, 'not known'],
    [{ url: 'javascript:alert(1)', fixAvailable: false }, 'no'],
  ])('of a scan', (fields, words) => {
    const scan = { ...SCAN, vulnerabilities: [{ ...FINDING, ...fields }] };
    expect(report(scan)).toContain(words);
    expect(html`${reportOf(scan as never)}`.text).not.toContain('javascript:');
    expect(
      report({ ...SCAN, verdict: 'unknown', lockFile: null, reason: 'no lock file', vulnerabilities: [] }),
    ).toContain(': no lock file');
  });

  it('of a task of another release: nothing', () => {
    expect(report({ task: 'sweep' })).toBe('');
  });
});

describe('what goes on', () => {
  const part = {
    name: 'otp_codes',
    unit: 'row',
    count: 5,
    fraction: 0.5,
    remainingMs: 4_000,
    status: null,
    reason: null,
  };
  const run = { runId: 'r', trigger: 'manual', owner: 'pod', force: true, startedBy: null, startedAt: AT };
  const running = { ...run, cancelRequestedAt: null, cancelledBy: null };

  it('is shown as far as it is known', () => {
    expect(textOf(progressOf({ progress: null }))).toBe('running');
    expect(textOf(progressOf({ progress: { overall: 0.125, parts: [part] } as never }))).toContain(
      '12 % otp_codes: 5 rows, 4.0 s left',
    );
    expect(textOf(progressOf({ progress: { overall: 1, parts: [] } }))).toContain('100 %');
    const parts = [
      part,
      { ...part, name: 'users', fraction: null, remainingMs: null },
      { ...part, name: 'audit_logs', status: 'failed', reason: 'LOCK_TIMEOUT' },
    ];
    expect(textOf(partsOf({ overall: 0.5, parts } as never))).toMatch(
      /otp_codes ● running 5 50 % 4\.0 s left users ● running 5 not known audit_logs ✕ failed LOCK_TIMEOUT 5/,
    );
  });

  it('can be cancelled by those who may, once', () => {
    expect(textOf(cancelButton(running, ANN))).toContain('Cancel run');
    expect(textOf(cancelButton(running, NOBODY))).toBe('');
    const cancelled = { ...running, cancelRequestedAt: AT, cancelledBy: { actor: null, reason: 'slow' } };
    expect(textOf(cancelButton(cancelled as never, ANN))).toContain('cancelled slow');
  });

  it('is on the page of its run, with the job, the slot and who cancelled it', () => {
    const recorded = {
      ...running,
      task: 'cleanup',
      status: 'running',
      slot: AT,
      engine: 'bullmq',
      engineJob: '7',
      finishedAt: AT,
      durationMs: 5,
      stopReason: null,
      cancelRequestedAt: AT,
      cancelledBy: { actor: 'Bob', reason: null },
      summary: 'at work',
      error: { code: 'ODD', message: 'odd' },
      report: CLEANUP,
    };
    const { content, isLive } = runPage(
      recorded as never,
      { ...running, progress: { overall: 0.5, parts: [part] } } as never,
      ANN,
    );
    expect(isLive).toBe(true);
    expect(textOf(content)).toMatch(/by hand, forced past the brakes.*bullmq 7.*by Bob/);
  });
});

describe('the overview', () => {
  const schedule = {
    source: 'recorded',
    by: 'engine',
    expression: '0 3 * * *',
    description: 'At 03:00',
    timeZone: 'UTC',
    recordedSince: AT,
  };
  const task = {
    task: 'cleanup',
    schedule,
    lastRun: null,
    lastSuccessAt: null,
    running: null,
    pause: null,
    nextRunAt: null,
    health: 'ok',
    reason: `it is due at ${AT}`,
  };
  const target = {
    name: 'otp_codes',
    status: 'measured',
    dueRows: 5,
    isEstimate: true,
    oldestDueSince: AT,
    oldestDueSeconds: 1,
    tableBytes: 2_500_000,
    isFallingBehind: true,
  };
  const status = (tasks: object[], holds: object | null = null): never =>
    ({ at: AT, isRecorded: tasks.length > 0, tasks, holds }) as never;
  const backlog = (targets: object[]): never => ({ report: { measuredAt: AT, targets } }) as never;

  it('tells of each task and target what is known', () => {
    const tasks = [
      task,
      { ...task, schedule: { ...schedule, by: 'outside' }, pause: {}, health: 'paused' },
      { ...task, schedule: { ...schedule, description: null, source: 'options' } },
      { ...task, schedule: { ...schedule, description: null, source: 'unknown', by: null } },
    ];
    const targets = [
      target,
      { ...target, dueRows: 0, isEstimate: false, oldestDueSince: null, isFallingBehind: false, tableBytes: null },
      { ...target, oldestDueSince: null },
      { ...target, status: 'skipped', dueRows: null, skipReason: 'held' },
      { ...target, status: 'skipped', dueRows: null, skipReason: 'stopped' },
      { ...target, status: 'failed', dueRows: null, error: { code: 'ODD', message: 'odd' } },
    ];
    const { content } = overviewPage(status(tasks, { inForce: 2, pastReview: 1 }), backlog(targets), ANN);
    const text = textOf(content);
    for (const words of [
      'At 03:00, by a job engine',
      'At 03:00, from outside',
      'by hand alone',
      'not known',
      'Resume',
      '~5',
      'late',
      '2.5 MB',
      'nothing due',
      'held whole by a legal hold',
      'not measured',
      'ODD: odd',
      '2 legal holds are in force',
      '1 past review',
    ]) {
      expect(text).toContain(words);
    }
  });

  it('says that nothing has run yet, and why the backlog is not known', () => {
    const { content } = overviewPage(status([]), { problem: 'It is being measured.' }, NOBODY);
    expect(textOf(content)).toMatch(/Nothing has run on this database yet.*It is being measured\./);
  });
});

describe('a dry run', () => {
  it('of heartbeats says whom a run would suspend', () => {
    const heartbeat = {
      task: 'agent-heartbeat',
      status: 'succeeded',
      dryRun: true,
      monitored: 3,
      suspended: 1,
      expired: 0,
      lockedAgents: 0,
      agents: [],
    };
    expect(textOf(confirmPage(heartbeat as never, ANN).content)).toContain('A run would suspend 1 of 3 agents');
  });
});

describe('words', () => {
  it.each([
    ['2026-03-01T02:59:59.500Z', 'just now'],
    ['2026-03-01T03:00:30Z', 'in 30 s'],
    ['2026-02-28T03:00:00Z', '1 day ago'],
    ['2026-02-20T03:00:00Z', '9 days ago'],
    ['2026-03-01T01:00:00Z', '2 h ago'],
  ])('tell %s as %s', (instant, words) => {
    expect(relative(instant, AT)).toBe(words);
  });

  it.each([
    [null, '–'],
    [512, '512 bytes'],
    [2_048, '2.0 kB'],
    [3_000_000_000, '3.0 GB'],
  ])('tell %s bytes as %s', (count, words) => {
    expect(bytes(count)).toBe(words);
  });

  it('call a task of another release by its name', () => {
    expect(titleOf('sweep')).toBe('sweep');
  });
});
