import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CleanupService } from '../../src/index.js';
import { failFirstDeletions } from '../support/fault.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useSpans } from '../support/telemetry.js';
import { useTestDatabase } from '../support/test-database.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const only = ['blacklisted_tokens', 'otp_codes'] as const;

describe('traces', () => {
  const database = useTestDatabase();
  const endedSpans = useSpans();
  let app: MaintenanceApp;
  let isProviderAway: boolean;

  const parentOf = ({ parentSpanContext }: ReadableSpan): string | undefined => parentSpanContext?.spanId;
  const idOf = (span: ReadableSpan | undefined): string | undefined => span?.spanContext().spanId;

  beforeAll(async () => {
    await insertReferences(database);
    const retention = {
      useFactory: () => ({
        getRetention: () => {
          if (isProviderAway) {
            throw new Error('the secret flag service is away');
          }
          return {};
        },
      }),
    };
    app = await maintenanceApp(database.url, { options: { retention } });
  });
  afterAll(() => app.close());
  beforeEach(() => {
    isProviderAway = false;
  });
  afterEach(async () => {
    endedSpans();
    await database.query('truncate tenxyte_maintenance.runs, blacklisted_tokens, otp_codes');
  });

  it('have a span for the run and one below it for each target', async () => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED, EXPIRED]);
    const { runId } = await app.maintenance.cleanup({ only });
    const [tokens, codes, run] = endedSpans();
    expect([tokens?.name, codes?.name, run?.name]).toEqual([
      'tenxyte.maintenance.cleanup.target',
      'tenxyte.maintenance.cleanup.target',
      'tenxyte.maintenance.run',
    ]);
    expect([tokens, codes].map((span) => span && parentOf(span))).toEqual([idOf(run), idOf(run)]);
    expect(run?.parentSpanContext).toBeUndefined();
    expect(run?.attributes).toEqual({
      'tenxyte.maintenance.task': 'cleanup',
      'tenxyte.maintenance.run.id': runId,
      'tenxyte.maintenance.run.trigger': 'manual',
      'tenxyte.maintenance.run.dry_run': false,
      'tenxyte.maintenance.run.status': 'succeeded',
    });
    expect(tokens?.attributes).toEqual({
      'tenxyte.maintenance.cleanup.target': 'blacklisted_tokens',
      'tenxyte.maintenance.cleanup.target.status': 'succeeded',
      'tenxyte.maintenance.cleanup.target.rows': 2,
      'tenxyte.maintenance.cleanup.target.locked_rows': 0,
      'tenxyte.maintenance.cleanup.target.batches': 1,
      'tenxyte.maintenance.cleanup.target.strategy': 'heap-walk',
    });
    expect(run?.status).toEqual({ code: SpanStatusCode.UNSET });
  });

  it('mark a target that failed, and its run, with the code alone', async () => {
    await insertRows(database, 'otp_codes', [EXPIRED]);
    const repair = await failFirstDeletions(database, 'otp_codes', { sqlState: 'XX001', times: 100 });
    await app.maintenance.cleanup({ only });
    await repair();
    const [, codes, run] = endedSpans();
    expect(codes?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'DATABASE' });
    expect(codes?.attributes).toMatchObject({ 'error.type': 'DATABASE' });
    expect(run?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'partial' });
  });

  it('mark a run that threw with the code alone, and say which slot it was', async () => {
    isProviderAway = true;
    await app.moduleRef.get(CleanupService).onTick();
    const [run, ...others] = endedSpans();
    expect(others).toEqual([]);
    expect(run?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'RETENTION_PROVIDER' });
    expect(run?.attributes).toMatchObject({
      'error.type': 'RETENTION_PROVIDER',
      'tenxyte.maintenance.run.trigger': 'cron',
      'tenxyte.maintenance.run.slot': expect.stringMatching(/T03:00:00.000Z$/),
    });
    expect(JSON.stringify([run?.attributes, run?.events, run?.status])).not.toContain('secret');
  });

  it('have dry runs, marked as such', async () => {
    await app.maintenance.cleanup({ only, dryRun: true });
    const spans = endedSpans();
    expect(spans).toHaveLength(3);
    expect(spans[2]?.attributes).toMatchObject({ 'tenxyte.maintenance.run.dry_run': true });
  });

  it('put a run below the span that called for it', async () => {
    const parent = trace.getTracer('host').startSpan('request');
    const active = trace.setSpan(ROOT_CONTEXT, parent);
    context.setGlobalContextManager({
      active: () => active,
      with: (_context, work, self, ...args) => work.call(self as never, ...args),
      bind: (_context, value) => value,
      enable() {
        return this;
      },
      disable() {
        return this;
      },
    });
    await app.maintenance.checkAgentHeartbeats();
    context.disable();
    const [run] = endedSpans();
    expect(run && parentOf(run)).toBe(parent.spanContext().spanId);
  });
});
