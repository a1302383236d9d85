import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DOCS = new URL('../../docs/', import.meta.url);
const SCREEN = /(<!-- screen: ([a-z-]+) -->\n\n```text\n\$ npx tenxyte-maintenance ([^\n]+)\n)([^`]*)(```)/g;

/** A terminal's screen in the documentation. */
export interface DocumentedScreen {
  readonly page: string;
  readonly name: string;
  /** The arguments of the call, as they are typed. */
  readonly args: readonly string[];
  readonly output: string;
}

/** Every screen of `docs/` that is marked `<!-- screen: NAME -->`. */
export function documentedScreens(): readonly DocumentedScreen[] {
  return readdirSync(fileURLToPath(DOCS))
    .filter((page) => page.endsWith('.md'))
    .flatMap((page) =>
      [...readFileSync(new URL(page, DOCS), 'utf8').matchAll(SCREEN)].map(
        ([, , name = '', args = '', output = '']) => ({
          page,
          name,
          args: args.split(' '),
          output,
        }),
      ),
    );
}

/** Puts what a command printed in place of a screen. */
export function replaceScreen({ page, name }: Pick<DocumentedScreen, 'page' | 'name'>, output: string): void {
  const file = new URL(page, DOCS);
  const text = readFileSync(file, 'utf8').replace(SCREEN, (whole, head: string, found: string, ...rest: string[]) =>
    found === name ? `${head}${output}${rest[2]}` : whole,
  );
  writeFileSync(file, text);
}

/** Without what differs from run to run: times, durations, ids, and the width of columns and the ends of lines that they set. */
export function unchanging(screen: string): string {
  return screen
    .replace(/\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d+)?Z?)?/g, 'TIME')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/\b\d+(\.\d+)? (ms|s)\b/g, 'DURATION')
    .replace(/\s+/g, ' ')
    .trim();
}
