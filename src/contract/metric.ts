/** A metric of this package. Names and units are API: dashboards and alerts rely on them. */
export interface Metric {
  readonly name: string;
  readonly kind: 'counter' | 'histogram' | 'gauge';
  readonly description: string;
  readonly unit: string;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** Adds to a counter, records a value of a histogram, or sets a gauge. Never throws; does nothing without OpenTelemetry. */
export type RecordMetric = (
  metric: Metric,
  value: number,
  attributes?: Readonly<Record<string, string | number | boolean>>,
) => void;
