/** A batch's statement wrote fewer rows than were found due. */
export class RowsStayedError extends Error {}
