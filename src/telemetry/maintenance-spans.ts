import { Inject, Injectable } from '@nestjs/common';
import type { Context, Span } from '@opentelemetry/api';
import { reportedError } from '../contract/task-report.js';
import { RUN_ATTRIBUTES } from './metric-definitions.js';
import { INSTRUMENTATION_SCOPE, OpenTelemetry } from './open-telemetry.js';
import type { SpanEnd, SpanPlan } from './telemetry.js';

interface OpenSpan {
  readonly span: Span;
  readonly context: Context;
}

/** Traces runs and their parts. Parents are known by run, so that they are right without a context manager too. */
@Injectable()
export class MaintenanceSpans {
  private readonly runs = new Map<string, Context>();

  public constructor(@Inject(OpenTelemetry) private readonly openTelemetry: OpenTelemetry) {}

  /** Answers what `work` does, or throws what it throws. */
  public async trace<Result>(plan: SpanPlan<Result>, work: () => Promise<Result>): Promise<Result> {
    const open = this.begin(plan);
    if (open === undefined) {
      return work();
    }
    try {
      const result = await this.within(open, work);
      this.end(open, plan.endOf(result));
      return result;
    } catch (error) {
      this.end(open, { attributes: {}, errorCode: reportedError(error).code });
      throw error;
    } finally {
      if (plan.isRun) {
        this.runs.delete(plan.runId);
      }
    }
  }

  private begin({ name, attributes, runId, isRun }: SpanPlan<never>): OpenSpan | undefined {
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
  private async within<Result>({ context }: OpenSpan, work: () => Promise<Result>): Promise<Result> {
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

  private end({ span }: OpenSpan, { attributes, errorCode }: SpanEnd): void {
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
