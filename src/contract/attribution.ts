import * as v from 'valibot';
import { withoutPrototype } from '../validation/own-properties.js';

/** Who asks for something, and why: part of a request. Both are taken as they are given, and checked against nothing. */
export interface AttributedRequest {
  /** A person or a program, of 1 to 200 printable characters on one line. @default nobody in particular */
  readonly actor?: string;
  /** Such as the number of a ticket, of 1 to 500 printable characters on one line. @default none */
  readonly reason?: string;
}

/** Who asked for something, and why, as it was recorded. */
export interface Attribution {
  /** Null when only a reason was given. */
  readonly actor: string | null;
  /** Null when none was given. */
  readonly reason: string | null;
}

/** SQL for an {@link Attribution}, of the columns that hold it. */
export function attributionSql(actor: string, reason: string): string {
  return `
    case
      when ${actor} is not null or ${reason} is not null
      then pg_catalog.jsonb_build_object('actor', ${actor}, 'reason', ${reason})
    end`;
}

/** What breaks a line, or hides or turns round what stands beside it, wherever it is shown. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

const LONGEST_ACTOR = 200;
const LONGEST_REASON = 500;

const formOf = (what: string, longest: number): string =>
  `${what}, of 1 to ${longest} printable characters on one line`;

function printable(form: string, longest: number): v.GenericSchema<string> {
  return v.custom<string>(
    (value) => typeof value === 'string' && value.trim() !== '' && value.length <= longest && !UNPRINTABLE.test(value),
    form,
  );
}

/** The schema of the name of who asks. */
export const actorSchema = printable(formOf('the name of a person or a program', LONGEST_ACTOR), LONGEST_ACTOR);

/** What a reason has to be, in words. */
export const REASON_FORM = formOf('a reason', LONGEST_REASON);

/** The schema of why. */
export const reasonSchema = printable(REASON_FORM, LONGEST_REASON);

/** The schemas of the fields of an {@link AttributedRequest}. */
export const attributionEntries = { actor: v.optional(actorSchema), reason: v.optional(reasonSchema) };

/** Who asks, and why; null when a request says neither. */
export function attributionOf(request: AttributedRequest): Attribution | null {
  const { actor = null, reason = null } = withoutPrototype(request);
  return actor === null && reason === null ? null : { actor, reason };
}
