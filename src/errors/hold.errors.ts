import { MaintenanceError } from './maintenance.error.js';

/** A transaction that somebody else has open on the table of holds keeps what deletes, or places a hold, waiting. */
export interface HoldBlocker {
  readonly pid: number;
  /** The database user; null when the role at hand may not see it. */
  readonly user: string | null;
}

/** A transaction on the table of holds stayed open, so that nobody can tell what may be deleted: nothing more was. Code `HOLD_IN_PROGRESS`. */
export class HoldInProgressError extends MaintenanceError {
  public constructor(
    waitedMs: number,
    public readonly blockers: readonly HoldBlocker[],
  ) {
    super(
      'HOLD_IN_PROGRESS',
      `A legal hold is being placed or released for more than ${waitedMs / 1000} s, by ${blockersText(blockers)}: ` +
        'nothing is deleted until that transaction ends',
      { context: { blockers } },
    );
  }
}

/** A hold could not be placed or released, as a deletion in flight did not end in time. Nothing was changed. Code `HOLD_NOT_PLACED`. */
export class HoldNotPlacedError extends MaintenanceError {
  public constructor(
    waitedMs: number,
    public readonly blockers: readonly HoldBlocker[],
  ) {
    super(
      'HOLD_NOT_PLACED',
      `Nothing was changed: its turn did not come within ${waitedMs / 1000} s, behind ${blockersText(blockers)}. Try again`,
      { context: { blockers } },
    );
  }
}

/** Says that holds could not be looked up in time, and what to do. */
export function lookUpTimedOut(limitMs: number): string {
  return (
    `Whom a legal hold comes to could not be looked up within ${limitMs / 1000} s: the table of users, or of agent tokens, is too large ` +
    'for it. Name users by their ids rather than by identifiers, for which every user is read'
  );
}

/** There is no hold by that id, or several whose ids begin so. Code `HOLD_NOT_FOUND` or `HOLD_AMBIGUOUS`. */
export class HoldNotFoundError extends MaintenanceError {
  public constructor(id: string, found: number) {
    super(
      found === 0 ? 'HOLD_NOT_FOUND' : 'HOLD_AMBIGUOUS',
      found === 0
        ? `There is no hold whose id is or begins with ${id}`
        : `${found} holds have ids that begin with ${id}: give more of it`,
      { context: { id } },
    );
  }
}

/** A hold was released already, which is final. Code `HOLD_RELEASED`. */
export class HoldReleasedError extends MaintenanceError {
  public constructor(hold: {
    readonly id: string;
    readonly releasedBy: string | null;
    readonly releasedAt: string | null;
  }) {
    const { id, releasedBy, releasedAt } = hold;
    super(
      'HOLD_RELEASED',
      `The hold ${id} was released by ${releasedBy} at ${releasedAt}, which is final: place another one`,
      { context: { id, releasedBy, releasedAt } },
    );
  }
}

/** The shape of a hold appeared that the deletion at hand had not reckoned with: it is planned anew. Code `HOLDS_CHANGED`. */
export class HoldsChangedError extends MaintenanceError {
  public constructor(cause?: unknown) {
    super('HOLDS_CHANGED', 'A legal hold was placed while the target was looked at', { cause });
  }
}

function blockersText(blockers: readonly HoldBlocker[]): string {
  const texts = blockers.map(({ pid, user }) => `pid ${pid}${user === null ? '' : ` (user ${user})`}`);
  return texts.length === 0 ? 'a session that has ended since' : texts.join(', ');
}
