import { AGENT_METRICS } from '../../src/agent-heartbeat/agent-heartbeat.metrics.js';
import { BACKLOG_METRICS } from '../../src/cleanup/backlog/backlog.metrics.js';
import { CLEANUP_ATTRIBUTES, CLEANUP_METRICS, TARGET_SPAN } from '../../src/cleanup/cleanup.metrics.js';
import { SCAN_ATTRIBUTES, SCAN_METRICS } from '../../src/dependency-scan/dependency-scan.metrics.js';
import { RUN_ATTRIBUTES, RUN_METRICS, RUN_SPAN } from '../../src/telemetry/metric-definitions.js';
import { TOTP_ATTRIBUTES, TOTP_METRICS } from '../../src/totp-key-rotation/totp-key-rotation.metrics.js';

/** The name of every metric there is. */
export const METRIC_NAMES: readonly string[] = [
  RUN_METRICS,
  CLEANUP_METRICS,
  BACKLOG_METRICS,
  AGENT_METRICS,
  TOTP_METRICS,
  SCAN_METRICS,
].flatMap((metrics) => Object.values(metrics).map(({ name }) => name));

/** Every attribute of metrics and spans. */
export const ATTRIBUTE_NAMES: readonly string[] = [
  RUN_ATTRIBUTES,
  CLEANUP_ATTRIBUTES,
  TOTP_ATTRIBUTES,
  SCAN_ATTRIBUTES,
].flatMap((attributes) => Object.values(attributes));

/** The name of every span. */
export const SPAN_NAMES: readonly string[] = [RUN_SPAN, TARGET_SPAN];
