/** How far a rotation is, given after each batch. */
export interface TotpRotationProgress {
  /** `rotating` goes over all users once; `reading-back` does so again, when all is written. */
  readonly phase: 'rotating' | 'reading-back';
  /** Secrets that were come to in this phase so far. */
  readonly secrets: number;
  /** Secrets written so far or, in a dry run, to be written. */
  readonly written: number;
}

/** Told after each batch. What it throws is logged once and otherwise ignored: it cannot harm the run. */
export type TotpRotationProgressListener = (progress: TotpRotationProgress) => void;
