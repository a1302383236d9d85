import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RecordMetric } from '../../src/contract/metric.js';
import { MAINTENANCE_TASKS, type MaintenanceTask, type TaskReport } from '../../src/index.js';
import { MaintenanceMeter } from '../../src/telemetry/maintenance-meter.js';
import { loadOpenTelemetry, OpenTelemetry } from '../../src/telemetry/open-telemetry.js';
import { type Scraped, usePrometheus } from '../support/telemetry.js';

const UNDECRYPTABLE = 'tenxyte_maintenance_totp_secrets_undecryptable';
const FINDINGS = 'tenxyte_maintenance_dependencies_findings';
const severity = (name: string): Record<string, string> => ({ tenxyte_maintenance_dependencies_severity: name });

const TASKS: readonly MaintenanceTask[] = MAINTENANCE_TASKS;

describe('the metrics of reports', () => {
  const scrape = usePrometheus();
  let record: RecordMetric;

  const end = (report: object): void => {
    const complete = { status: 'succeeded', durationMs: 1, ...report } as unknown as TaskReport;
    TASKS.find(({ name }) => name === complete.task)?.measure?.(complete, record);
  };
  const rotated = (page: Scraped, secretBefore: string): number =>
    page.value('tenxyte_maintenance_totp_secrets_rotated_total', {
      tenxyte_maintenance_totp_secret_before: secretBefore,
    }) ?? 0;

  beforeEach(async () => {
    const openTelemetry = new OpenTelemetry(loadOpenTelemetry);
    await openTelemetry.onModuleInit();
    record = new MaintenanceMeter(openTelemetry).record;
  });

  it('count rotated secrets by what they were, and say how many no key opened', async () => {
    end({ task: 'totp-key-rotation', rotated: 5, encryptedPlaintext: 2, undecryptable: 3 });
    const page = await scrape();
    expect(rotated(page, 'encrypted')).toBe(5);
    expect(rotated(page, 'plaintext')).toBe(2);
    expect(page.value(UNDECRYPTABLE)).toBe(3);
  });

  it('do not take a rotation that ended early for one that opened every secret', async () => {
    end({ task: 'totp-key-rotation', rotated: 0, encryptedPlaintext: 0, undecryptable: 3 });
    end({ task: 'totp-key-rotation', status: 'stopped', rotated: 1, encryptedPlaintext: 0, undecryptable: 0 });
    expect((await scrape()).value(UNDECRYPTABLE)).toBe(3);
  });

  it('show the findings of the last scan that could tell, by severity', async () => {
    const counts = { critical: 1, high: 2, moderate: 0, low: 0, info: 0 };
    end({ task: 'dependency-scan', verdict: 'vulnerable', counts });
    end({ task: 'dependency-scan', verdict: 'unknown', counts: { ...counts, critical: 0, high: 0 } });
    const page = await scrape();
    expect(page.value(FINDINGS, severity('critical'))).toBe(1);
    expect(page.value(FINDINGS, severity('high'))).toBe(2);
    expect(page.value(FINDINGS, severity('info'))).toBe(0);
    end({ task: 'dependency-scan', verdict: 'clean', counts: { ...counts, critical: 0 } });
    expect((await scrape()).value(FINDINGS, severity('critical'))).toBe(0);
  });
});
