import type { Instant } from '../database/instant.js';

/** What a hold holds. Several dimensions of one hold must all be true of a row; a row is held when any hold says so. */
export interface HoldScope {
  /** The rows of one target alone, such as `audit_logs`. @default all of them */
  readonly target?: string;
  /** The rows of this user: an id as the database has it, in digits or as a uuid. */
  readonly userId?: string | number;
  /** The rows of whoever goes by one of these e-mail addresses, phone numbers or user names; capitals do not matter. */
  readonly identifiers?: readonly string[];
  /** The rows of this application. */
  readonly applicationId?: string | number;
  /** The rows of this organization and its members, as of the hold's placement and of each run's start. */
  readonly organizationId?: string | number;
  /** The rows that were made at this time or later. */
  readonly createdFrom?: Date;
  /** The rows that were made before this time. */
  readonly createdTo?: Date;
}

/** The request of a hold. */
export interface HoldPlacement extends HoldScope {
  /** What it is for, such as the number of a case; up to 200 characters. */
  readonly caseRef: string;
  /** Why; up to 2,000 characters. */
  readonly reason: string;
  /** Who places it: the host's own name for a person, up to 200 characters. */
  readonly placedBy: string;
  /** When somebody should look at it again: from then on doctor and status warn. The hold stays. @default never */
  readonly reviewAt?: Date;
  /** To be given for a hold that names nothing else, and holds every row of every target. */
  readonly everything?: boolean;
}

/** The request of a release. */
export interface HoldRelease {
  /** Why; up to 2,000 characters. */
  readonly reason: string;
  /** Who releases it; up to 200 characters. */
  readonly releasedBy: string;
}

/** How far a hold is: in force, released and still in force for its cool-down, or over. */
export type HoldStatus = 'active' | 'cooling-down' | 'ended';

/** A hold, as it is recorded. */
export interface LegalHold {
  readonly id: string;
  readonly status: HoldStatus;
  readonly caseRef: string;
  readonly reason: string;
  /** Null: of all targets. */
  readonly target: string | null;
  readonly userId: string | null;
  /** Empty once the hold is over: they are personal data. */
  readonly identifiers: readonly string[] | null;
  readonly applicationId: string | null;
  readonly organizationId: string | null;
  readonly createdFrom: Instant | null;
  readonly createdTo: Instant | null;
  readonly placedBy: string;
  readonly placedAt: Instant;
  readonly reviewAt: Instant | null;
  readonly releasedBy: string | null;
  readonly releasedAt: Instant | null;
  readonly releaseReason: string | null;
  /** Until then the hold is in force. */
  readonly effectiveReleaseAt: Instant | null;
  /** What it comes to, as it was last resolved: how many of each. Null where plain SQL placed it and no run has resolved it yet. */
  readonly subjects: Readonly<
    Record<'users' | 'identifiers' | 'agentTokens' | 'applications' | 'organizations', number>
  > | null;
}

/** Something that happened to a hold. */
export interface HoldEvent {
  readonly event: 'placed' | 'released' | 'review-changed' | 'deleted';
  readonly at: Instant;
  /** Who did it, by the host's own name; null where plain SQL changed a review date or deleted a hold. */
  readonly actor: string | null;
  readonly reason: string | null;
  /** The database user of the session. */
  readonly databaseUser: string;
}

/** A hold with its history. */
export interface LegalHoldDetails extends LegalHold {
  readonly events: readonly HoldEvent[];
  /** The targets that it holds whole, as their rows cannot be told by what it names. */
  readonly heldWhole: readonly string[];
}

/** How the holds stand. */
export interface HoldsSummary {
  /** Holds in force, those in their cool-down included. */
  readonly inForce: number;
  /** Those of them that were released and end after their cool-down. */
  readonly coolingDown: number;
  /** Those of them, not released, whose review is overdue. */
  readonly pastReview: number;
}
