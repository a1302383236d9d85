import type { TestingModuleBuilder } from '@nestjs/testing';
import { RunTime } from '../../src/tasks/clocks.js';

/** Time that passes only when the test says so, or when somebody sleeps in it. */
export class FakeRunTime extends RunTime {
  /** What was slept, in milliseconds, in order. */
  public readonly pauses: number[] = [];
  private passedMs = 0;

  /** @param onSleep called in the middle of each sleep */
  public constructor(private readonly onSleep: () => void = () => undefined) {
    super();
  }

  public override now(): number {
    return this.passedMs;
  }

  public override async sleep(milliseconds: number): Promise<void> {
    this.pauses.push(milliseconds);
    this.onSleep();
    this.pass(milliseconds);
  }

  public pass(milliseconds: number): void {
    this.passedMs += milliseconds;
  }

  /** Puts this time in place of the real one. */
  public readonly provide = (builder: TestingModuleBuilder): TestingModuleBuilder =>
    builder.overrideProvider(RunTime).useValue(this);
}
