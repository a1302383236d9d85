/** Who is meant: one process, by its number, or all of them. */
export type Patient = number | 'all';

interface Spell {
  readonly patient: Patient;
  readonly since: number;
  until: number;
}

/** Notes, by the clock on the wall, when which process was harmed, so that it can be told later who was well at some time. */
export class Wellness {
  private readonly spells: Spell[] = [];

  /** Somebody is harmed from now on, until the answer is called. */
  public harm(patient: Patient): () => void {
    const spell = { patient, since: Date.now(), until: Infinity };
    this.spells.push(spell);
    return () => {
      spell.until = Math.min(spell.until, Date.now());
    };
  }

  /** Somebody turns out to have been harmed up to now, for so many milliseconds. */
  public wasHarmed(patient: Patient, forMs: number): void {
    this.spells.push({ patient, since: Date.now() - forMs, until: Date.now() });
  }

  /** True when nothing was done to a process between two moments. */
  public wasWell(patient: number, since: number, until: number): boolean {
    return !this.spells.some(
      (spell) => (spell.patient === 'all' || spell.patient === patient) && spell.since <= until && spell.until >= since,
    );
  }
}

const STEP_MS = 50;
const TOLERATED_MS = 200;

/** The wires lead through this process: when it is late, everybody's network is. Answers how to end the watch. */
export function watchOwnPunctuality(wellness: Wellness): () => void {
  let last = performance.now();
  const timer = setInterval(() => {
    const lateMs = performance.now() - last - STEP_MS;
    last = performance.now();
    if (lateMs > TOLERATED_MS) {
      wellness.wasHarmed('all', lateMs);
    }
  }, STEP_MS);
  return () => clearInterval(timer);
}
