import { describe, expect, it } from '@jest/globals';
import { FallingBehindWatch } from '../../src/cleanup/backlog/backlog-alarm.js';
import type { BacklogReport, TargetBacklog } from '../../src/cleanup/backlog/backlog-report.js';
import type { BacklogEvents } from '../../src/cleanup/backlog/backlog.events.js';
import type { MaintenanceEvents } from '../../src/telemetry/maintenance-events.js';
import type { MaintenanceLog } from '../../src/telemetry/maintenance-log.js';

const behind = (more: Partial<TargetBacklog> = {}): TargetBacklog => ({
  name: 'audit_logs',
  status: 'measured',
  dueRows: 1200,
  isEstimate: true,
  oldestDueSince: '2026-03-01T03:00:00.000000Z',
  oldestDueSeconds: 266_400,
  tableBytes: 8192,
  isFallingBehind: true,
  ...more,
});

describe('the watch over targets that fall behind', () => {
  const look = (
    targets: readonly TargetBacklog[],
    scheduleIntervalSeconds: number | null = 86_400,
  ): { heard: unknown[]; lines: unknown[] } => {
    const heard: unknown[] = [];
    const lines: unknown[] = [];
    const events = { emit: (...event: unknown[]) => heard.push(event) } as unknown as MaintenanceEvents<BacklogEvents>;
    const log = { write: (...line: unknown[]) => lines.push(line) } as unknown as MaintenanceLog;
    const report: BacklogReport = {
      measuredAt: '2026-03-04T05:00:00.000000Z',
      scheduleIntervalSeconds,
      holdsInForce: 0,
      targets,
    };
    new FallingBehindWatch(events, log).look(report, 'run-1');
    return { heard, lines };
  };

  it('counts the rows that are due, or says about how many they are', () => {
    const sayings = (more: Partial<TargetBacklog>): string => JSON.stringify(look([behind(more)]).lines);
    expect(sayings({ isEstimate: false })).toContain(', 1,200 rows due now.');
    expect(sayings({ isEstimate: true })).toContain(', about 1,200 rows due now.');
  });

  it('emits an event and warns once for each of them, and only for them', () => {
    const { heard, lines } = look([behind(), behind({ name: 'otp_codes', isFallingBehind: false })]);
    const event = {
      runId: 'run-1',
      target: 'audit_logs',
      oldestDueSince: '2026-03-01T03:00:00.000000Z',
      oldestDueSeconds: 266_400,
      scheduleIntervalSeconds: 86_400,
      dueRows: 1200,
      isEstimate: true,
    };
    expect(heard).toEqual([['tenxyte-maintenance.cleanup.falling-behind', event]]);
    expect(lines).toEqual([
      [
        'warn',
        {
          text:
            'cleanup falls behind on audit_logs: its oldest due row has been due for 74 h 0 min, a cleanup is due every 24 h 0 min, ' +
            'about 1,200 rows due now. Look at the last runs of cleanup, or schedule it more often',
          fields: { event: 'cleanup.falling-behind', ...event },
        },
      ],
    ]);
  });

  it('says what it knows: a count, no interval, no age', () => {
    const { lines } = look([behind({ isEstimate: false, dueRows: 1, oldestDueSeconds: null })], null);
    expect(lines).toEqual([
      [
        'warn',
        expect.objectContaining({
          text: expect.stringMatching(/^cleanup falls behind on audit_logs: 1 row due now\. /),
        }),
      ],
    ]);
  });
});
