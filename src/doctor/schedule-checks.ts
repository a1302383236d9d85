import type { Instant } from '../database/instant.js';
import { nextSlot } from '../status/health-of-task.js';
import { describeSchedule } from '../status/schedule-in-force.js';
import type { EvaluatedTask } from '../status/task-evaluator.js';
import type { DoctorCheck } from './doctor-report.js';

/** Checks the schedule of a task, and whether the process of its last run is gone. */
export async function scheduleChecks(evaluated: EvaluatedTask, at: Instant): Promise<DoctorCheck[]> {
  return [await scheduleCheck(evaluated, at), ...leaseChecks(evaluated)];
}

async function scheduleCheck({ task, inForce, findings }: EvaluatedTask, at: Instant): Promise<DoctorCheck> {
  const { source, schedule } = inForce;
  const base = { name: 'schedule', subject: task } as const;
  if (schedule === undefined) {
    const message =
      source === 'options'
        ? 'its schedule is off: it runs by hand alone'
        : 'no application has recorded a schedule that can be read: it runs by hand, or from outside';
    return { ...base, level: 'ok', message };
  }
  const late = findings.find(({ kind }) => kind === 'last-success');
  if (late !== undefined) {
    return {
      ...base,
      level: 'problem',
      message: late.message,
      whatToDo: `see "tenxyte-maintenance history --task ${task}"; when it has no runs, check that an application with ScheduleModule.forRoot() is up, and, where the task was switched off, ask with its options (--config)`,
    };
  }
  const words = await describeSchedule(schedule.expression);
  const message = `${words} (${schedule.expression}, ${schedule.timeZone}), next at ${nextSlot(schedule, at)}`;
  return { ...base, level: 'ok', message };
}

function leaseChecks({ task, record: { lastRun } }: EvaluatedTask): DoctorCheck[] {
  // Only a run that the table still calls running has a lease, and one that is the last run is none that goes on.
  if (lastRun === null || lastRun.leaseExpiresAt === null) {
    return [];
  }
  return [
    {
      name: 'lease',
      level: 'advice',
      subject: task,
      message: `run ${lastRun.runId} of ${lastRun.owner} stopped renewing its lease, which ran out at ${lastRun.leaseExpiresAt}: its process crashed or lost touch`,
      whatToDo:
        'nothing when the task has a schedule: its next run marks this one lost and goes on; otherwise start it by hand',
    },
  ];
}
