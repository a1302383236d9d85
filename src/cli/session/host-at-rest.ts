import { AgentHeartbeatService } from '../../agent-heartbeat/agent-heartbeat.service.js';
import { BacklogGauges } from '../../cleanup/backlog/backlog-gauges.js';
import { JobRegistry } from '../../tasks/schedule/job-registry.js';

/** A cron job, an interval or a time-out of the host's. */
interface Job {
  stop?(): unknown;
  start?(): unknown;
}

type Add = (name: string, job: Job) => void;

/** The methods by which a `SchedulerRegistry` learns of jobs, and what it calls them in words. */
const REGISTERING: Readonly<Record<string, string>> = {
  addCronJob: 'cron job',
  addInterval: 'interval',
  addTimeout: 'time-out',
};

/** The methods by which the `SchedulerOrchestrator` is told of decorated methods, which come first. */
const DECORATED = ['addCron', 'addInterval', 'addTimeout'];

/** This package starts nothing under a command. */
const KNOWN_TO_REST = [JobRegistry, BacklogGauges, AgentHeartbeatService];

/** Hooks that begin to take work from a queue before any bootstrap. */
const WORKING_FROM_INIT: Readonly<Record<string, string>> = { BullRegistrar: 'onModuleInit' };

/** This package's own jobs are stopped too, which goes without saying. */
const OWN_JOB = /^tenxyte-maintenance\./;

/**
 * Keeps a host that is booted for one command from doing anything by itself: jobs of its `SchedulerRegistry` are stopped the moment they are
 * registered, and the hook `onApplicationBootstrap`, in which workers are started, is not called. Its classes are told by their names, as
 * the host may have a copy of a package of its own.
 */
export class HostAtRest {
  private readonly names = new Set<string>();

  /** What was kept from starting, such as `cron job reports`. */
  public get keptFromStarting(): readonly string[] {
    return [...this.names];
  }

  /** To be called with every instance, as soon as it is made. */
  public readonly settle = (instance: unknown): unknown => {
    if (typeof instance !== 'object' || instance === null) {
      return instance;
    }
    const { name } = instance.constructor ?? {};
    if (name === 'SchedulerRegistry') {
      this.stopJobsOf(instance);
    } else if (name === 'SchedulerOrchestrator') {
      emptyJobsOf(instance);
    } else if (name in WORKING_FROM_INIT) {
      this.leaveOut(instance, WORKING_FROM_INIT[name] ?? '');
    } else if (!KNOWN_TO_REST.some((known) => instance instanceof known)) {
      this.leaveOut(instance, 'onApplicationBootstrap');
    }
    return instance;
  };

  private leaveOut(instance: object, hook: string): void {
    if (typeof Reflect.get(instance, hook) === 'function') {
      Object.defineProperty(instance, hook, { value: undefined, configurable: true, writable: true });
      this.names.add(`${instance.constructor.name}.${hook}()`);
    }
  }

  private stopJobsOf(registry: object): void {
    for (const [method, word] of Object.entries(REGISTERING)) {
      const add = (Reflect.get(registry, method) as Add).bind(registry);
      const addStopped: Add = (name, job) => {
        stop(job);
        add(name, job);
        if (!OWN_JOB.test(name)) {
          this.names.add(`${word} ${name}`);
        }
      };
      Object.defineProperty(registry, method, { value: addStopped, configurable: true, writable: true });
    }
  }
}

/** A job whose time has just passed is run as soon as it is made, before any registry knows of it. */
function emptyJobsOf(orchestrator: object): void {
  for (const method of DECORATED) {
    const add = (Reflect.get(orchestrator, method) as (...args: unknown[]) => void).bind(orchestrator);
    const addEmpty = (_decorated: unknown, ...others: unknown[]): void => add(() => undefined, ...others);
    Object.defineProperty(orchestrator, method, { value: addEmpty, configurable: true, writable: true });
  }
}

/** For good: hosts start jobs that they made themselves once they are registered. */
function stop(job: Job): void {
  if (typeof job.stop === 'function') {
    void job.stop();
    Object.defineProperty(job, 'start', { value: () => undefined, configurable: true, writable: true });
  } else {
    // One function clears both, in Node.
    clearTimeout(job as unknown as NodeJS.Timeout);
  }
}
