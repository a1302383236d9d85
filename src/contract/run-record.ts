import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Attribution } from './attribution.js';
import type { Instant } from '../database/instant.js';
import type { TaskPause } from './task-pause.js';
import type { ReportedError, TaskReport, TaskStatus } from './task-report.js';

/**
 * The start of a run: a tick, the start-up after a missed tick, a job engine, a scheduler outside that starts the command line, a call of the
 * service, the command line.
 */
export type RunTrigger = 'cron' | 'missed' | 'engine' | 'outside' | 'manual' | 'cli';

/** True of a run that a person or a program asked for at that moment; false of one that was due. */
export function isByHand(trigger: RunTrigger): boolean {
  return trigger === 'manual' || trigger === 'cli';
}

/** `running`, or how a run ended; `lost`: its owner crashed or lost touch, and its lease ran out. */
export type RunStatus = 'running' | TaskStatus | 'lost';

/** A run that wants to begin. */
export interface RunClaim {
  /** A random UUID. */
  readonly runId: string;
  readonly task: string;
  /** The scheduled time; null for a run started by hand. */
  readonly slot: Date | null;
  readonly trigger: RunTrigger;
  readonly owner: string;
  /** True when it was told to go on whatever the brakes say, and though the task is paused. @default false */
  readonly force?: boolean;
  /** @default null, nobody said */
  readonly startedBy?: Attribution | null;
  /** The engine whose job it is, such as `bullmq`. @default null, none */
  readonly engine?: string | null;
  /** The id of the job there. @default null, none */
  readonly engineJob?: string | null;
}

/** Tells one life of the server from the next: a crash ends it, and so does a failover. */
export type ServerLife = string;

/** Every answer to a claim tells the database's time. */
interface ClaimAnswer<Kind extends string> {
  readonly kind: Kind;
  readonly at: Instant;
}

/** The answer to the renewal of a lease. */
export interface LeaseRenewal {
  readonly serverLife: ServerLife;
  /** True once somebody asked the run to stop. */
  readonly isCancelled: boolean;
  readonly cancelledBy: Attribution | null;
}

/** When a run was first asked to stop, by whom, and why. */
export interface CancellationRequest {
  readonly cancelRequestedAt: Instant;
  readonly cancelledBy: Attribution | null;
}

/** Another run of the task goes on. */
export interface BusyTask extends ClaimAnswer<'busy'> {
  readonly other: { readonly runId: string; readonly owner: string; readonly startedAt: Instant };
}

/** The task is paused, and the run was not forced. */
export interface PausedClaim extends ClaimAnswer<'paused'> {
  readonly pause: TaskPause;
}

/** The run is this process's. */
export interface GrantedClaim extends ClaimAnswer<'claimed'> {
  /** When the lease began at the latest, in milliseconds of `performance.now()`: the moment before it was asked for. */
  readonly leasedAt: number;
  readonly serverLife: ServerLife;
}

/**
 * The answer to a claim: granted; busy; paused; and, for a run of a slot alone, taken, as someone ran the slot already, or early, as the
 * database has not come to the slot yet.
 */
export type ClaimOutcome = GrantedClaim | BusyTask | PausedClaim | ClaimAnswer<'taken' | 'early'>;

/** How a run ended. */
export interface RunEnd {
  readonly status: TaskStatus;
  readonly report: TaskReport | null;
  readonly error: ReportedError | null;
  /** Why it ended early; null when it did not. */
  readonly stopReason: string | null;
  /** A sentence: what it did, or why it did nothing. */
  readonly summary: string;
  /** True when it succeeded and found nothing to do. A run that somebody asked for is not recorded as such. @default false */
  readonly isIdle?: boolean;
}

/** Names this process in the runs table: host (in Kubernetes the pod), process id and a random part, as both may come again. */
export function newRunOwner(): string {
  return `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
}
