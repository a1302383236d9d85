import type { EngineRun, EngineRunRequest } from '../contract/engine-run.js';
import type { TaskReport } from '../contract/task-report.js';

/** What runs the tasks: the `TenxyteMaintenanceService`. */
export interface EngineTasks {
  runForEngine(task: string, request: EngineRunRequest): Promise<EngineRun>;
}

/** How an engine's jobs run tasks. */
export interface AdapterOptions<Job> {
  /** The task of every job, such as `cleanup`. @default what the job's data names as `task`, else the job's name */
  readonly task?: string;
  /** The time that a job was scheduled for, which is run once, whoever starts it. @default what the engine tells of it */
  readonly slot?: (job: Job) => Date | undefined;
  /** Who asks, kept with the record of each run. @default nobody in particular */
  readonly actor?: string;
  /** True to let a job fail whose run was partial. @default false, its report says so */
  readonly partialFails?: boolean;
}

/** The task of a job; `runForEngine()` refuses what is none. */
export function taskOf<Job extends { readonly name: string; readonly data: unknown }>(
  { name, data }: Job,
  { task }: AdapterOptions<Job>,
): string {
  const named =
    typeof data === 'object' && data !== null && Object.hasOwn(data, 'task') ? (data as { task: unknown }).task : name;
  return task ?? String(named);
}

/**
 * The report of a run that is done.
 *
 * @param final makes the error that an engine does not try again for
 */
export function throwUnlessDone<Job>(
  { verdict, report, error }: EngineRun,
  { partialFails = false }: AdapterOptions<Job>,
  final: (message: string) => Error,
): TaskReport {
  const message = `${error?.code ?? report?.status ?? verdict}: ${error?.message ?? 'some of the work failed, as its report says'}`;
  if (verdict === 'give-up') {
    throw final(message);
  }
  if (verdict !== 'done' || report === null || (partialFails && report.status === 'partial')) {
    throw new Error(message);
  }
  return report;
}
