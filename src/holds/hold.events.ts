import type { EventsByName } from '../contract/run-events.js';
import type { Instant } from '../database/instant.js';

interface HoldEventBase {
  readonly holdId: string;
  readonly caseRef: string;
  /** The target that it holds alone; null: all of them. */
  readonly target: string | null;
  /** Who did it, by the host's own name. */
  readonly actor: string;
  readonly reason: string;
}

/** A legal hold is in force. Whom it holds is not said: these are personal data. */
export interface HoldPlacedEvent extends HoldEventBase {
  readonly event: 'tenxyte-maintenance.hold.placed';
}

/** A legal hold was released, and ends after its cool-down. */
export interface HoldReleasedEvent extends HoldEventBase {
  readonly event: 'tenxyte-maintenance.hold.released';
  readonly effectiveReleaseAt: Instant;
}

/** The events of the legal holds. */
export type HoldEvents = EventsByName<HoldPlacedEvent | HoldReleasedEvent>;
