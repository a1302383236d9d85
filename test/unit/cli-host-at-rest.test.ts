import { describe, expect, it } from '@jest/globals';
import 'reflect-metadata';
import { HostAtRest } from '../../src/cli/session/host-at-rest.js';
import { JobRegistry as OwnJobRegistry } from '../../src/tasks/schedule/job-registry.js';

/** Stands in for that of `@nestjs/schedule`, which is told by its name. */
class SchedulerRegistry {
  public readonly known: string[] = [];

  public addCronJob(name: string, _job: unknown): void {
    this.known.push(name);
  }

  public addInterval(name: string, _job: unknown): void {
    this.known.push(name);
  }

  public addTimeout(name: string, _job: unknown): void {
    this.known.push(name);
  }
}

class SchedulerOrchestrator {
  public readonly targets: (() => unknown)[] = [];

  public addCron(target: () => unknown): void {
    this.targets.push(target);
  }

  public addInterval(target: () => unknown): void {
    this.targets.push(target);
  }

  public addTimeout(target: () => unknown): void {
    this.targets.push(target);
  }
}

class Worker {
  public onModuleInit(): string {
    return 'init';
  }

  public onApplicationBootstrap(): string {
    return 'at work';
  }
}

class BullRegistrar extends Worker {}
class JobRegistry extends Worker {}
const ownRegistry = Object.create(OwnJobRegistry.prototype) as OwnJobRegistry;

describe('a host at rest', () => {
  it('has its jobs stopped for good as they are registered, and named', () => {
    const atRest = new HostAtRest();
    const registry = atRest.settle(new SchedulerRegistry()) as SchedulerRegistry;
    const calls: string[] = [];
    const job = { stop: () => calls.push('stop'), start: () => calls.push('start') };
    registry.addCronJob('reports', job);
    registry.addCronJob('tenxyte-maintenance.cleanup', job);
    job.start();
    registry.addInterval(
      'poll',
      setInterval(() => calls.push('interval'), 0),
    );
    registry.addTimeout(
      'warm-up',
      setTimeout(() => calls.push('time-out'), 0),
    );
    expect(calls).toEqual(['stop', 'stop']);
    expect(registry.known).toEqual(['reports', 'tenxyte-maintenance.cleanup', 'poll', 'warm-up']);
    expect(atRest.keptFromStarting).toEqual(['cron job reports', 'interval poll', 'time-out warm-up']);
  });

  it('never has a decorated method called', () => {
    const orchestrator = new HostAtRest().settle(new SchedulerOrchestrator()) as SchedulerOrchestrator;
    const report = (): never => {
      throw new Error('fired');
    };
    orchestrator.addCron(report);
    orchestrator.addInterval(report);
    orchestrator.addTimeout(report);
    expect(orchestrator.targets.map((target) => target())).toEqual([undefined, undefined, undefined]);
  });

  it('has no worker started, and keeps what is needed to connect', () => {
    const atRest = new HostAtRest();
    const [worker, queue, namesake] = [new Worker(), new BullRegistrar(), new JobRegistry()];
    [worker, queue, namesake, ownRegistry, Object.freeze({}), Object.create(null), null, 'text'].forEach(atRest.settle);
    expect(Reflect.get(worker, 'onApplicationBootstrap')).toBeUndefined();
    expect(Reflect.get(queue, 'onModuleInit')).toBeUndefined();
    expect(worker.onModuleInit()).toBe('init');
    expect(Reflect.get(ownRegistry, 'onApplicationBootstrap')).toBeInstanceOf(Function);
    expect(atRest.keptFromStarting).toEqual([
      'Worker.onApplicationBootstrap()',
      'BullRegistrar.onModuleInit()',
      'JobRegistry.onApplicationBootstrap()',
    ]);
  });
});
