import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { errorMessage } from '../errors/error-message.js';

type Listener = (this: unknown, ...parameters: readonly unknown[]) => unknown;

/** As much of an event emitter as is used here: that of `@nestjs/event-emitter`. */
interface Emitter {
  /** The name of the event at hand, for listeners that ask. */
  event: string;
  listeners(name: string): readonly Listener[];
  /** Those of every event, which are given its name first. */
  listenersAny(): readonly Listener[];
}

/** `listenersAny` tells EventEmitter2 from Node's own emitter. */
const EMITTER_METHODS = ['emit', 'listeners', 'listenersAny'] as const;

/** Publishes what happened through `@nestjs/event-emitter`, when the host has it. */
@Injectable()
export class MaintenanceEvents<Events extends object = Record<string, object>> implements OnModuleInit {
  private readonly logger = new Logger('TenxyteMaintenance');
  private readonly failed = new Set<string>();
  private emitter: Emitter | undefined;

  public constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  /** Looks for the host's emitter. */
  public onModuleInit(): void {
    this.emitter = findEmitter(this.modules);
  }

  /**
   * Emits an event and does not wait. A listener that throws, rejects or never ends cannot harm the run, nor can one that writes to the
   * payload: listeners get a frozen copy, which carries the name of its event.
   */
  public emit<Name extends keyof Events & string>(name: Name, payload: Omit<Events[Name], 'event'>): void {
    try {
      if (this.emitter !== undefined) {
        this.give(this.emitter, name, frozen({ ...structuredClone(payload), event: name }));
      }
    } catch (error) {
      this.warnOnce(name, error);
    }
  }

  private give(emitter: Emitter, name: string, payload: unknown): void {
    for (const listener of emitter.listenersAny().slice()) {
      this.call(emitter, name, () => listener.call(emitter, name, payload));
    }
    for (const listener of emitter.listeners(name).slice()) {
      this.call(emitter, name, () => listener.call(emitter, payload));
    }
  }

  /**
   * Calls one listener. The emitter's own `emit()` leaves a rejection to end the process, and so does `emitAsync()` once another listener
   * throws; both keep later listeners from hearing.
   */
  private call(emitter: Emitter, name: string, listen: () => unknown): void {
    const hear = async (): Promise<unknown> => {
      emitter.event = name;
      return listen();
    };
    hear().catch((error: unknown) => this.warnOnce(name, error));
  }

  /** Once an event, as some come by the thousand. */
  private warnOnce(name: string, error: unknown): void {
    if (!this.failed.has(name)) {
      this.failed.add(name);
      this.logger.warn(`A listener of ${name} threw, the run goes on: ${errorMessage(error)}`);
    }
  }
}

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}

/**
 * By what it is, an EventEmitter2 provided under its class: importing the optional library just to have the class would cost the hosts that
 * do not use it, and could find another copy than the host's.
 */
function findEmitter(modules: ModulesContainer): Emitter | undefined {
  for (const { providers } of modules.values()) {
    for (const [token, { instance }] of providers) {
      if (typeof token === 'function' && isEmitter(instance) && instance instanceof token) {
        return instance;
      }
    }
  }
  return undefined;
}

function isEmitter(instance: unknown): instance is Emitter {
  const isObject = typeof instance === 'object' && instance !== null;
  return isObject && EMITTER_METHODS.every((name) => typeof Reflect.get(instance, name) === 'function');
}
