import { Inject, Injectable } from '@nestjs/common';
import type { Context, Span } from '@opentelemetry/api';
import { reportedError } from '../contract/task-report.js';
import { RUN_ATTRIBUTES } from './metric-definitions.js';
import { INSTRUMENTATION_SCOPE, OpenTelemetry } from './open-telemetry.js';
import type { SpanEnd, SpanOptions } from './telemetry.js';

/** Traces runs and their parts. Parents are known by run, so that they are right without a context manager too. */
@Injectable()
export class MaintenanceSpans {
  private readonly runs = new Map<string, Context>();

  public constructor(@Inject(OpenTelemetry) private readonly openTelemetry: OpenTelemetry) {}

  /** Answers what `work` does, or throws what it throws. */
  public async trace<Result>(plan: SpanOptions<Result>, work: () => Promise<Result>): Promise<Result> {
    const open = this.begin(plan);
    if (open === undefined) {
      return work();
    }
    try {
      const result = await this.within(open.context, work);
      this.end(open.span, plan.endOf(result));
      return result;
    } catch (error) {
      this.end(open.span, { attributes: {}, errorCode: reportedError(error).code });
      throw error;
    } finally {
      if (plan.isRun) {
        this.runs.delete(plan.runId);
      }
    }
  }

  private begin({
    name,
    attributes,
    runId,
    isRun,
  }: SpanOptions<never>): { readonly span: Span; readonly context: Context } | undefined {
    return this.openTelemetry.use(({ context: contexts, trace }) => {
      const parent = this.runs.get(runId) ?? contexts.active();
      const span = trace.getTracer(INSTRUMENTATION_SCOPE).startSpan(name, { attributes }, parent);
      const context = trace.setSpan(parent, span);
      if (isRun) {
        this.runs.set(runId, context);
      }
      return { span, context };
    });
  }

  /** Begins the work once, even when a broken context manager throws before or after. */
  private async within<Result>(context: Context, work: () => Promise<Result>): Promise<Result> {
    let working: Promise<Result> | undefined;
    const begin = (): Promise<Result> => {
      working ??= (async () => work())();
      return working;
    };
    this.openTelemetry.use((api) => {
      void api.context.with(context, begin);
    });
    return begin();
  }

  private end(span: Span, { attributes, errorCode }: SpanEnd): void {
    this.openTelemetry.use(({ SpanStatusCode }) => {
      span.setAttributes(attributes);
      if (errorCode !== undefined) {
        span.setAttribute(RUN_ATTRIBUTES.errorType, errorCode);
        span.setStatus({ code: SpanStatusCode.ERROR, message: errorCode });
      }
    });
    this.openTelemetry.use(() => span.end());
  }
}
