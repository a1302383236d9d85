import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, type LoggerService } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Test, type TestingModule } from '@nestjs/testing';
import type { AgentSuspendedEvent, MaintenanceEvent, MaintenanceEventMap, RunFinishedEvent } from '../../src/index.js';
import { MaintenanceEvents } from '../../src/telemetry/maintenance-events.js';

const SUSPENDED = 'tenxyte-maintenance.agent.suspended';
const FINISHED = 'tenxyte-maintenance.run.finished';

/** Typed as what an emitter takes. */
const rejecting: (message: string) => () => unknown = (message) => async () => Promise.reject(new Error(message));
const endless = (): unknown => new Promise(() => undefined);

const suspended = (agentId = 'crawler'): Omit<AgentSuspendedEvent, 'event'> => ({
  runId: 'run-1',
  id: '1',
  agentId,
  lastHeartbeatAt: null,
  overdueSeconds: 1,
  suspendedAt: '2026-03-01T03:00:00.000000Z',
});

/** Listeners as a host declares them, careless ones. */
@Injectable()
class Listener {
  public readonly heard: string[] = [];

  @OnEvent(SUSPENDED, { suppressErrors: false })
  public async onSuspended({ agentId }: AgentSuspendedEvent): Promise<void> {
    this.heard.push(agentId);
    await Promise.resolve();
    throw new Error('a decorated listener that rejects');
  }
}

describe('events', () => {
  let booted: TestingModule;
  let events: MaintenanceEvents<MaintenanceEventMap>;
  let emitter: EventEmitter2;
  let warnings: string[];

  const logger: LoggerService = {
    log: () => undefined,
    error: () => undefined,
    warn: (message: unknown) => warnings.push(String(message)),
  };
  /** Lets what was rejected come to the one that waits for it. */
  const settled = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

  beforeEach(async () => {
    warnings = [];
    booted = await Test.createTestingModule({
      imports: [EventEmitterModule.forRoot()],
      providers: [MaintenanceEvents, Listener],
    })
      .setLogger(logger)
      .compile();
    await booted.init();
    events = booted.get<MaintenanceEvents<MaintenanceEventMap>>(MaintenanceEvents);
    emitter = booted.get(EventEmitter2);
  });
  afterEach(() => booted.close());

  it('survive a listener that throws at once', async () => {
    emitter.on(FINISHED, () => {
      throw new Error('a careless listener');
    });
    expect(() => events.emit(FINISHED, finished())).not.toThrow();
    await settled();
    expect(warnings).toEqual([`A listener of ${FINISHED} threw, the run goes on: a careless listener`]);
  });

  it.each([
    ['declared with async', () => emitter.on(FINISHED, rejecting('later'))],
    ['that answers a promise', () => emitter.on(FINISHED, (): unknown => Promise.reject(new Error('later')))],
    ['for every event', () => emitter.onAny(rejecting('later'))],
    ['called aside', () => emitter.on(FINISHED, rejecting('later'), { async: true })],
  ])('catch the rejection of a listener %s, which would end the process', async (_name, listen) => {
    listen();
    events.emit(FINISHED, finished());
    await settled();
    await settled();
    expect(warnings).toEqual([`A listener of ${FINISHED} threw, the run goes on: later`]);
  });

  it('reach every listener, when the first one throws and another one rejects', async () => {
    const heard: string[] = [];
    emitter.on(FINISHED, rejecting('rejects'));
    emitter.on(FINISHED, () => {
      throw new Error('throws');
    });
    emitter.once(FINISHED, ({ runId }: RunFinishedEvent) => heard.push(runId));
    events.emit(FINISHED, finished());
    events.emit(FINISHED, finished());
    await settled();
    expect(heard).toEqual(['run-1']);
    expect(warnings).toEqual([`A listener of ${FINISHED} threw, the run goes on: throws`]);
  });

  it('reach the listeners of a pattern, and tell them which event it is', async () => {
    await booted.close();
    booted = await Test.createTestingModule({
      imports: [EventEmitterModule.forRoot({ wildcard: true })],
      providers: [MaintenanceEvents],
    }).compile();
    await booted.init();
    const heard: unknown[] = [];
    booted.get(EventEmitter2).on('tenxyte-maintenance.run.*', function (this: { event: string }) {
      heard.push(this.event);
    });
    booted.get<MaintenanceEvents<MaintenanceEventMap>>(MaintenanceEvents).emit(FINISHED, finished());
    booted.get<MaintenanceEvents<MaintenanceEventMap>>(MaintenanceEvents).emit(SUSPENDED, suspended());
    expect(heard).toEqual([FINISHED]);
  });

  it('tell a listener of all of them, which is given the payload alone, which event it is', async () => {
    @Injectable()
    class Everything {
      public readonly heard: string[] = [];

      @OnEvent('tenxyte-maintenance.**')
      public on(event: MaintenanceEvent): void {
        this.heard.push(event.event === SUSPENDED ? `suspended ${event.agentId}` : event.event);
      }
    }
    await booted.close();
    booted = await Test.createTestingModule({
      imports: [EventEmitterModule.forRoot({ wildcard: true, delimiter: '.' })],
      providers: [MaintenanceEvents, Everything],
    }).compile();
    await booted.init();
    const wild = booted.get<MaintenanceEvents<MaintenanceEventMap>>(MaintenanceEvents);
    wild.emit(FINISHED, finished());
    wild.emit(SUSPENDED, suspended());
    wild.emit(SUSPENDED, Object.assign(suspended('forger'), { event: FINISHED }));
    expect(booted.get(Everything).heard).toEqual([FINISHED, 'suspended crawler', 'suspended forger']);
  });

  it('catch what a decorated listener rejects with, and call it again the next time', async () => {
    events.emit(SUSPENDED, suspended('one'));
    events.emit(SUSPENDED, suspended('two'));
    await settled();
    expect(booted.get(Listener).heard).toEqual(['one', 'two']);
    expect(warnings).toEqual([expect.stringContaining('a decorated listener that rejects')]);
  });

  it('do not wait for a listener that never ends', () => {
    emitter.on(FINISHED, endless);
    expect(events.emit(FINISHED, finished())).toBeUndefined();
  });

  it('give listeners a frozen copy, down to the last list', async () => {
    const event = finished();
    const heard: RunFinishedEvent[] = [];
    emitter.on(FINISHED, (payload: RunFinishedEvent) => {
      heard.push(payload);
      (payload.error as { code: string }).code = 'FORGED';
    });
    events.emit(FINISHED, event);
    await settled();
    expect(warnings).toEqual([expect.stringContaining('read only property')]);
    expect(heard).toEqual([{ event: FINISHED, ...finished() }]);
    expect(heard[0]).not.toBe(event);
    expect(Object.isFrozen(event.error)).toBe(false);
  });

  it('are called in the order of what happened, before the run goes on', () => {
    const heard: string[] = [];
    emitter.onAny((name) => heard.push(String(name)));
    events.emit(FINISHED, finished());
    events.emit(SUSPENDED, suspended());
    expect(heard).toEqual([FINISHED, SUSPENDED]);
  });

  function finished(): Omit<RunFinishedEvent, 'event'> {
    return {
      task: 'cleanup',
      runId: 'run-1',
      trigger: 'cron',
      slot: null,
      force: false,
      startedBy: null,
      status: 'failed',
      report: null,
      error: { code: 'UNEXPECTED', retryable: false, message: 'no' },
    };
  }
});
