import { UsageError } from '../../errors/usage.error.js';
import { type Redact, redaction } from './redaction.js';

const FORM = 'postgres://user:password@host:5432/database';
const ENCODING_ADVICE = 'with special characters of the user and the password percent-encoded (@ is %40, / is %2F)';

/** True when an address is given, whether it can be read or not. */
export function hasDatabaseAddress(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return flag !== undefined || (env['DATABASE_URL'] ?? '').trim() !== '';
}

/**
 * Reads the address from `--database-url`, else from `DATABASE_URL`. `redact` takes the password out of a text, however it is written.
 *
 * @throws {UsageError} when there is none or it cannot be read; the message never shows it
 */
export function readDatabaseAddress(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): { readonly url: string; readonly redact: Redact } {
  const source = flag === undefined ? 'DATABASE_URL' : '--database-url';
  const text = (flag ?? env['DATABASE_URL'] ?? '').trim();
  if (text === '') {
    throw new UsageError(`No database was given: set DATABASE_URL or --database-url, as ${FORM}`);
  }
  const url = parse(text);
  if (url === undefined) {
    throw new UsageError(`${source} cannot be read as a URL: write it as ${FORM}, ${ENCODING_ADVICE}`);
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw new UsageError(`${source} is no PostgreSQL URL: write it as ${FORM}`);
  }
  const publicNames = [decodeURIComponent(url.username), url.hostname, decoded(url.pathname.slice(1)) ?? ''];
  return { url: text, redact: redaction([...passwordSpellings(text, url), env['PGPASSWORD'] ?? ''], publicNames) };
}

/** An `@` behind the host means that a slash or the like cut the password in two: parts of it would pass for a host or a database. */
function parse(text: string): URL | undefined {
  const withHost = text.replace('@/', '@localhost/');
  const url = URL.canParse(withHost) ? new URL(withHost) : undefined;
  const isCut = url !== undefined && `${url.pathname}${url.search}${url.hash}`.includes('@');
  const isEncoded = decoded(url?.username ?? '') !== undefined && decoded(url?.password ?? '') !== undefined;
  return isCut || !isEncoded ? undefined : url;
}

/** The password as it stands, decoded, and encoded anew: a library may show any of them. */
function passwordSpellings(text: string, { password, searchParams }: URL): string[] {
  const asTyped = /^[^/]*\/\/[^/?#:]*:([^/?#]*)@/.exec(text)?.[1] ?? '';
  return [asTyped, password, searchParams.get('password') ?? '', searchParams.get('sslpassword') ?? ''].flatMap(
    (spelling) => {
      const plain = decoded(spelling) ?? spelling;
      return [spelling, plain, encodeURIComponent(plain), encodeURI(plain)];
    },
  );
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
