import type { TaskName, TaskReport } from '../index.js';

/** Counting what a run would do may take as long as the run; nobody looks at a page that long. */
const LONGEST_DRY_RUN_MS = 60_000;

/** A dry run that goes on, and how many look for its report. */
interface DryRun {
  readonly report: Promise<TaskReport>;
  readonly gone: AbortController;
  readers: number;
}

/**
 * One dry run of each task at a time, whose report all get who ask for it meanwhile: each holds a connection of the application's own pool,
 * which whoever reloads the page often would empty.
 */
export class DryRuns {
  private readonly atWork = new Map<TaskName, DryRun>();

  public constructor(private readonly make: (task: TaskName, signal: AbortSignal) => Promise<TaskReport>) {}

  /** It is given up after a minute, and once the last of its readers has left. @param onGone calls back when this one has */
  public report(task: TaskName, onGone: (callback: () => void) => void): Promise<TaskReport> {
    const dryRun = this.atWork.get(task) ?? this.begin(task);
    dryRun.readers += 1;
    onGone(() => {
      dryRun.readers -= 1;
      if (dryRun.readers === 0) {
        this.forget(task, dryRun);
        dryRun.gone.abort();
      }
    });
    return dryRun.report;
  }

  private begin(task: TaskName): DryRun {
    const gone = new AbortController();
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(LONGEST_DRY_RUN_MS)]);
    const dryRun = { report: this.make(task, signal), gone, readers: 0 };
    this.atWork.set(task, dryRun);
    const forget = (): void => this.forget(task, dryRun);
    void dryRun.report.then(forget, forget);
    return dryRun;
  }

  /** Whoever asks from now on begins another. */
  private forget(task: TaskName, dryRun: DryRun): void {
    if (this.atWork.get(task) === dryRun) {
      this.atWork.delete(task);
    }
  }
}
