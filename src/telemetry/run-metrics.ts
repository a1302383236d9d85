import { Inject, Injectable } from '@nestjs/common';
import type { ObservedRun } from '../contract/observed-run.js';
import type { TaskReport, TaskStatus } from '../contract/task-report.js';
import { SEVERITIES } from '../dependency-scan/severity.js';
import { type Instruments, MaintenanceMeter } from './maintenance-meter.js';
import { ATTRIBUTES, METRICS } from './metric-definitions.js';
import type { DeletedBatch } from './run-telemetry.js';

/** How a run ended; without a report when it threw. */
export interface RunOutcome {
  readonly status: TaskStatus;
  readonly durationMs: number;
  readonly report?: TaskReport;
}

/** Counts what runs do. */
@Injectable()
export class RunMetrics {
  public constructor(@Inject(MaintenanceMeter) private readonly meter: MaintenanceMeter) {}

  /** Counts a run that ended. */
  public runEnded({ task, trigger }: ObservedRun, { status, durationMs, report }: RunOutcome): void {
    const ofRun = { [ATTRIBUTES.task]: task, [ATTRIBUTES.status]: status };
    this.meter.record((instruments) => {
      instruments.counter(METRICS.runs).add(1, { ...ofRun, [ATTRIBUTES.trigger]: trigger });
      instruments.histogram(METRICS.runDuration).record(durationMs / 1000, ofRun);
    });
    if (report !== undefined) {
      this.meter.record((instruments) => RECORD_REPORT[report.task]?.(report, instruments));
    }
  }

  /** Counts a run that was not made; it has no duration. */
  public runSkipped({ task, trigger }: ObservedRun): void {
    const attributes = { [ATTRIBUTES.task]: task, [ATTRIBUTES.status]: 'skipped', [ATTRIBUTES.trigger]: trigger };
    this.meter.record((instruments) => instruments.counter(METRICS.runs).add(1, attributes));
  }

  /** Counts the rows of a committed batch, whatever comes after. */
  public batchDeleted({ target, rows, durationMs }: DeletedBatch): void {
    const attributes = { [ATTRIBUTES.target]: target };
    this.meter.record((instruments) => {
      instruments.counter(METRICS.deletedRows).add(rows, attributes);
      instruments.histogram(METRICS.batchDuration).record(durationMs / 1000, attributes);
    });
  }

  /** Counts agents whose suspension is committed. */
  public agentsSuspended(count: number): void {
    this.meter.record((instruments) => instruments.counter(METRICS.suspendedAgents).add(count));
  }
}

/** What the reports of some tasks add. */
const RECORD_REPORT: Readonly<Record<string, (report: TaskReport, instruments: Instruments) => void>> = {
  'totp-key-rotation': (report, instruments) => {
    const rotated = instruments.counter(METRICS.rotatedSecrets);
    rotated.add(figureOf(report, 'rotated'), { [ATTRIBUTES.secretBefore]: 'encrypted' });
    rotated.add(figureOf(report, 'encryptedPlaintext'), { [ATTRIBUTES.secretBefore]: 'plaintext' });
    // A run that ended early has not seen them all.
    if (report.status === 'succeeded' || report.status === 'partial') {
      instruments.gauge(METRICS.undecryptableSecrets).record(figureOf(report, 'undecryptable'));
    }
  },
  'dependency-scan': (report, instruments) => {
    // An unknown verdict is not as good as none found.
    if (Reflect.get(report, 'verdict') !== 'unknown' && report.status !== 'skipped') {
      const counts: unknown = Reflect.get(report, 'counts');
      SEVERITIES.forEach((severity) =>
        instruments.gauge(METRICS.findings).record(figureOf(counts, severity), { [ATTRIBUTES.severity]: severity }),
      );
    }
  },
};

function figureOf(report: unknown, name: string): number {
  const figure: unknown = Reflect.get(Object(report), name);
  return typeof figure === 'number' ? figure : 0;
}
