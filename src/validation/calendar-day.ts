/** True when a text begins with a day that there is, as `2026-03-01`: JavaScript would take the 30th of February for the 2nd of March. */
export function beginsWithDay(text: string): boolean {
  const day = text.slice(0, '2026-03-01'.length);
  const time = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(day) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
