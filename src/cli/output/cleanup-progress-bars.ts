import cliProgress from 'cli-progress';
import { isBrakeRefusal } from '../../cleanup/limits/brake.js';
import type { CleanupProgress } from '../../cleanup/cleanup-request.js';
import { countOf, formatDuration } from '../../text/format.js';
import { columnsOf } from '../../text/paint.js';
import type { OutputStream } from '../command-line-io.js';

const BAR_WIDTH = 24;
const SHORTEST_BAR = 4;
/** Percentage, rows and time left, with the gaps between them. */
const FIGURES_WIDTH = 42;

/** A live bar for each target that the run has begun, with its rows, the percentage and the time left. */
export class CleanupProgressBars {
  private readonly bars: cliProgress.MultiBar;
  private nameWidth: number;
  private readonly barByTarget = new Map<string, cliProgress.SingleBar>();

  /**
   * @param stream a terminal; the cursor and its settings are left alone, so that a killed run leaves nothing behind
   * @param names of those that may come; a longer one makes room for itself
   */
  public constructor(
    private readonly stream: OutputStream,
    names: readonly string[],
  ) {
    this.nameWidth = Math.max(...names.map((name) => name.length));
    this.bars = new cliProgress.MultiBar({
      stream,
      format: (options, params, payload: CleanupProgress) =>
        formatBar(options, params, { payload, nameWidth: this.nameWidth }),
      barsize: barWidth(stream, this.nameWidth),
      hideCursor: null,
      linewrap: true,
      gracefulExit: false,
    });
  }

  /** Brings a target's bar up to date. */
  public show(progress: CleanupProgress): void {
    const bar = this.barByTarget.get(progress.target);
    this.nameWidth = Math.max(this.nameWidth, progress.target.length);
    if (bar === undefined) {
      this.barByTarget.set(progress.target, this.bars.create(1, progress.fraction, progress));
    } else {
      bar.update(progress.fraction, progress);
    }
  }

  /** Writes a line, above the bars when there are any. */
  public readonly note = (text: string): void => {
    if (this.barByTarget.size === 0) {
      this.stream.write(`${text}\n`);
      return;
    }
    this.bars.log(`${text}\n`);
    this.bars.update();
  };

  /** Draws the bars a last time and lets the terminal go. */
  public stop(): void {
    if (this.barByTarget.size > 0) {
      this.bars.stop();
    }
  }
}

function barWidth(stream: OutputStream, nameWidth: number): number {
  const left = (columnsOf(stream) ?? Number.POSITIVE_INFINITY) - nameWidth - FIGURES_WIDTH;
  return Math.max(SHORTEST_BAR, Math.min(BAR_WIDTH, left));
}

function formatBar(
  options: cliProgress.Options,
  { progress }: cliProgress.Params,
  { payload, nameWidth }: { readonly payload: CleanupProgress; readonly nameWidth: number },
): string {
  const bar = cliProgress.Format.BarFormat(progress, options);
  const percent = `${Math.floor(progress * 100)}%`.padStart(4);
  return `${payload.target.padEnd(nameWidth)}  ${bar} ${percent}  ${countOf(payload.rows, 'row')}  ${timeLeft(payload)}`;
}

function timeLeft({ rows, status, reason, remainingMs }: CleanupProgress): string {
  if (status !== null) {
    const ending = isBrakeRefusal(rows, reason) ? 'refused' : status;
    return status === 'succeeded' ? 'done' : `${ending}${reason === null ? '' : ` (${reason})`}`;
  }
  return remainingMs === null ? '' : `${formatDuration(remainingMs)} left`;
}
