import type { Instant } from '../database/instant.js';
import { nextRunAt } from '../status/health-of-task.js';
import type { EvaluatedTask } from '../status/task-evaluator.js';
import { describeSchedule } from '../tasks/schedule/schedule-in-force.js';
import { RUN_BY } from '../tasks/schedule/run-schedule.js';
import { pauseText } from '../text/run-line.js';
import type { DoctorCheck } from './doctor-report.js';

/** Checks the schedule of a task, and whether the process of its last run is gone. */
export async function scheduleChecks(evaluated: EvaluatedTask, at: Instant): Promise<DoctorCheck[]> {
  return [await scheduleCheck(evaluated, at), ...leaseChecks(evaluated)];
}

/** What to look at where an expected run did not come. */
const WHERE_TO_LOOK = {
  timer: 'check that an application with ScheduleModule.forRoot() is up',
  engine: 'check that its workers are up and its scheduler still adds jobs',
  outside: 'check that the scheduler outside starts it, and with which exit code it ends',
} as const;

async function scheduleCheck(evaluated: EvaluatedTask, at: Instant): Promise<DoctorCheck> {
  const { task, record, inForce, findings } = evaluated;
  const { source, schedule, by = 'timer' } = inForce;
  const base = { name: 'schedule', subject: task } as const;
  if (record.pause !== null) {
    const message = `it is ${pauseText(record.pause)}: its slots are skipped`;
    return {
      ...base,
      level: 'advice',
      message,
      whatToDo: `"tenxyte-maintenance resume ${task}" once the reason is gone`,
    };
  }
  if (schedule === undefined) {
    return { ...base, ...unscheduled(evaluated) };
  }
  const late = findings.find(({ kind }) => kind === 'last-success');
  if (late !== undefined) {
    return {
      ...base,
      level: 'problem',
      message: late.message,
      whatToDo:
        `see "tenxyte-maintenance history --task ${task}"; when it has no runs, ${WHERE_TO_LOOK[by]}` +
        (source === 'options' ? '' : ', and, where the task was switched off, ask with its options (--config)'),
    };
  }
  const words = await describeSchedule(schedule);
  const origin = by === 'timer' ? '' : `run ${RUN_BY[by]}: `;
  const message = `${origin}${words} (${schedule.expression}, ${schedule.timeZone}), next at ${nextRunAt(evaluated, at)}`;
  return { ...base, level: 'ok', message };
}

/** A task without a schedule that others run all the same is watched by nobody. */
function unscheduled({
  inForce,
  record: { lastRun },
}: EvaluatedTask): Pick<DoctorCheck, 'level' | 'message' | 'whatToDo'> {
  if (inForce.source !== 'options') {
    return {
      level: 'ok',
      message: 'no application has recorded a schedule that can be read: it runs by hand, or from outside',
    };
  }
  const by = lastRun?.trigger === 'engine' || lastRun?.trigger === 'outside' ? lastRun.trigger : undefined;
  return by === undefined
    ? { level: 'ok', message: 'its schedule is off: it runs by hand alone' }
    : {
        level: 'advice',
        message: `its schedule is off, and yet it was run ${RUN_BY[by]} at ${lastRun?.startedAt}: nobody notices when such runs stay away or fail`,
        whatToDo: `say what is expected: { by: '${by}', expectedEvery: '1d' } in its schedule option`,
      };
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
