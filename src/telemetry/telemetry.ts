import type { RecordMetric } from '../contract/metric.js';

/** Attributes of a span. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** The end of a span's work. */
export interface SpanEnd {
  readonly attributes: SpanAttributes;
  /** A stable code when it is to count as an error; messages stay out of traces, as they may name hosts and roles. */
  readonly errorCode?: string;
}

/** A span that is to be. */
export interface SpanOptions<Result> {
  readonly name: string;
  readonly attributes: SpanAttributes;
  /** The run whose span this is, or stands below. */
  readonly runId: string;
  readonly isRun: boolean;
  readonly endOf: (result: Result) => SpanEnd;
}

/**
 * Metrics and spans. Nothing here throws or answers anything but what the work does; without OpenTelemetry nothing is done. No type of
 * OpenTelemetry's stands here, so that the declarations of the package compile where it is not installed.
 */
export interface Telemetry {
  /** Lets `work` go on in a span of its own. */
  readonly trace: <Result>(plan: SpanOptions<Result>, work: () => Promise<Result>) => Promise<Result>;
  readonly record: RecordMetric;
}

/** DI token of the {@link Telemetry}. */
export const TELEMETRY = Symbol('TENXYTE_MAINTENANCE_TELEMETRY');
