/** A heading and two columns, as commander writes its own lists. */
export function helpSection(heading: string, entries: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return ['', `${heading}:`, ...entries.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)].join('\n');
}
