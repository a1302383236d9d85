/** Of the run that every check makes; another one is given by `CHAOS_SEED`. */
const SEED_OF_CHECKS = 20_260_727;
const SECONDS_OF_CHECKS = 60;

/** What every choice of a run of this suite follows from. */
export const CHAOS_SEED = Number(process.env['CHAOS_SEED'] ?? SEED_OF_CHECKS);

/** How long there is trouble, in seconds. */
export const CHAOS_SECONDS = Number(process.env['CHAOS_SECONDS'] ?? SECONDS_OF_CHECKS);

/** Prints one line past Jest, which would put a stack trace below it. */
export function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
