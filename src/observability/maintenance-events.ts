import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { errorMessage } from '../errors/error-message.js';
import type { MaintenanceEventMap } from './maintenance-event-map.js';

/** As much of an event emitter as is used here: that of `@nestjs/event-emitter`. */
interface Emitter {
  /** False when there is no listener at all. */
  emitAsync(name: string, payload: unknown): Promise<unknown> | boolean;
}

/** `onAny` tells EventEmitter2 from Node's own emitter. */
const EMITTER_METHODS = ['emitAsync', 'onAny', 'listenerCount'] as const;

/** Gives word of what happened through `@nestjs/event-emitter`, when the host has it. */
@Injectable()
export class MaintenanceEvents implements OnModuleInit {
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
   * payload: listeners get a frozen copy.
   */
  public emit<Name extends keyof MaintenanceEventMap>(name: Name, payload: MaintenanceEventMap[Name]): void {
    if (this.emitter !== undefined) {
      void this.give(this.emitter, name, payload);
    }
  }

  /** Listeners are called before this first waits, in the order of what happened. `emit()` would leave a rejection to end the process. */
  private async give(emitter: Emitter, name: string, payload: object): Promise<void> {
    try {
      await emitter.emitAsync(name, frozen(structuredClone(payload)));
    } catch (error) {
      this.warnOnce(name, error);
    }
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
 * By what it is, an EventEmitter2 provided under its class: importing the optional library just to have the class would cost the hosts that do not use it, and could
 * find another copy than the host's.
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
