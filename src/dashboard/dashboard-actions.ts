import { setTimeout as delay } from 'node:timers/promises';
import {
  MAINTENANCE_TASKS,
  MaintenanceConfigError,
  MaintenanceError,
  type TaskName,
  type TaskReport,
  type TenxyteMaintenanceService,
} from '../index.js';
import { beginsWithDay } from '../validation/calendar-day.js';
import type { DashboardRight } from './dashboard-options.js';
import type { Exchange } from './exchange.js';
import type { Visitor } from './visitor.js';

/** A run that was asked for has begun, or will not, within so many looks. */
const BEGIN_LOOKS = 20;
const BEGIN_LOOK_MS = 100;

type Fields = ReadonlyMap<string, string>;
/** Answers where to go from there. */
type Action = (exchange: Exchange, visitor: Visitor, fields: Fields) => Promise<string>;

/** Something that a form asks for, and the right that it takes. */
interface NamedAction {
  readonly right: DashboardRight;
  readonly act: Action;
}

/** What the forms of the dashboard ask for, by the last part of their addresses. */
export class DashboardActions {
  private readonly byName: Readonly<Record<string, NamedAction>> = {
    run: {
      right: 'run',
      act: async ({ query }, visitor, fields) => {
        const task = taskOf({ query });
        const only = query.get('only');
        const overridden = fields.get('override');
        // Forced without it, a run would go past the brakes of all targets.
        if (overridden !== undefined && (only === null || overridden !== only)) {
          const subject =
            only === null ? 'A brake is overridden for one target' : `To override the brake, type ${only}`;
          throw refusal(subject, 'override', overridden);
        }
        const asked = { ...askedBy(visitor, fields), ...(only === null ? {} : { only: [only] }) };
        return this.start(task, overridden === undefined ? asked : { ...asked, force: true });
      },
    },
    cancel: {
      right: 'cancel',
      act: async ({ query }, visitor, fields) => {
        const { runId } = await this.maintenance.cancel(query.get('id') ?? '', askedBy(visitor, fields));
        return `run?id=${runId}`;
      },
    },
    pause: {
      right: 'pause',
      act: async (exchange, visitor, fields) => {
        const until = fields.get('until') ?? '';
        const asked = {
          ...askedBy(visitor, fields),
          reason: fields.get('reason') ?? '',
          ...(until === '' ? {} : { until }),
        };
        await this.maintenance.pause(taskOf(exchange), asked);
        return 'overview';
      },
    },
    resume: {
      right: 'pause',
      act: async (exchange, visitor, fields) => {
        await this.maintenance.resume(taskOf(exchange), askedBy(visitor, fields));
        return 'overview';
      },
    },
    'place-hold': {
      right: 'hold',
      act: async (_exchange, { actor = '' }, fields) => {
        const { id } = await this.maintenance.holds.place(placementOf(fields, actor));
        return `holds#hold-${id}`;
      },
    },
    'release-hold': {
      right: 'hold',
      act: async ({ query }, { actor = '' }, fields) => {
        const release = { reason: fields.get('reason') ?? '', releasedBy: actor };
        const { id } = await this.maintenance.holds.release(query.get('id') ?? '', release);
        return `holds#hold-${id}`;
      },
    },
  };

  public constructor(private readonly maintenance: TenxyteMaintenanceService) {}

  public named(name: string): NamedAction | undefined {
    return Object.hasOwn(this.byName, name) ? this.byName[name] : undefined;
  }

  /** Begins a run and answers where to look at it; it goes on when nobody looks. */
  private async start(task: TaskName, request: object): Promise<string> {
    const { tasks } = await this.maintenance.status();
    const state = tasks.find((each) => each.task === task);
    if (state?.pause != null) {
      // A run past the brakes would be one past the pause.
      throw new MaintenanceError('TASK_PAUSED', `${task} is paused: resume it first`);
    }
    let report: TaskReport | undefined;
    let isOver = false;
    const run = this.maintenance
      .runTask(task, request)
      .then((made) => {
        report = made;
      })
      .finally(() => {
        isOver = true;
      });
    // Its failure is in the log and in the history; here it is told where it comes at once.
    run.catch(() => undefined);
    for (let look = 0; look < BEGIN_LOOKS && !isOver; look += 1) {
      await Promise.race([run, delay(BEGIN_LOOK_MS, undefined, { ref: false })]);
      const { running = null } = (await this.maintenance.status()).tasks.find((each) => each.task === task) ?? {};
      if (!isOver && running !== null && running.runId !== state?.running?.runId) {
        return `run?id=${running.runId}`;
      }
    }
    if (report?.status === 'skipped') {
      throw new MaintenanceError(report.error?.code ?? 'SKIPPED', report.error?.message ?? 'the run was not made');
    }
    return report === undefined ? 'overview' : `run?id=${report.runId}`;
  }
}

/** The task that a request names. @throws {MaintenanceConfigError} when there is no such task */
export function taskOf({ query }: Pick<Exchange, 'query'>): TaskName {
  const name = query.get('task');
  const task = MAINTENANCE_TASKS.find((each) => each.name === name);
  if (task === undefined) {
    throw refusal('There is no such task', 'task', name ?? '');
  }
  return task.name;
}

/** The refusal of a form, which its page would not have sent so. */
export function refusal(subject: string, path: string, received: string): MaintenanceConfigError {
  return new MaintenanceConfigError(subject, [
    { path, received: JSON.stringify(received), accepted: 'as the page asks for it' },
  ]);
}

function askedBy({ actor }: Visitor, fields: Fields): { readonly actor?: string; readonly reason?: string } {
  const reason = fields.get('reason') ?? '';
  return { ...(actor === undefined ? {} : { actor }), ...(reason === '' ? {} : { reason }) };
}

const HOLD_IDS = ['target', 'userId', 'applicationId', 'organizationId'] as const;
const HOLD_DAYS = ['createdFrom', 'createdTo', 'reviewAt'] as const;

function placementOf(fields: Fields, placedBy: string): Parameters<TenxyteMaintenanceService['holds']['place']>[0] {
  const given = (name: string): string => fields.get(name) ?? '';
  const identifiers = given('identifiers')
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
  return {
    placedBy,
    caseRef: given('caseRef'),
    reason: given('reason'),
    ...Object.fromEntries(HOLD_IDS.filter((name) => given(name) !== '').map((name) => [name, given(name)])),
    ...Object.fromEntries(HOLD_DAYS.filter((name) => given(name) !== '').map((name) => [name, dayOf(given(name))])),
    ...(identifiers.length === 0 ? {} : { identifiers }),
    ...(given('everything') === 'true' ? { everything: true } : {}),
  };
}

/** Midnight in UTC of a day that there is; of any other text a date that is none, which the module refuses. */
function dayOf(text: string): Date {
  return new Date(beginsWithDay(text) ? `${text}T00:00:00Z` : Number.NaN);
}
