/** Takes every secret it knows out of a text. */
export type Redact = (text: string) => string;

/** Below this length a secret is only taken out where it stands as a word: it may be part of any other. */
const SHORTEST_UNMISTAKABLE = 4;

/**
 * Makes a {@link Redact}. What is no secret, such as the name of the role, is never taken out, even when somebody uses it as a
 * password too: messages name it as what it is.
 */
export function redaction(secrets: readonly string[], publicNames: readonly string[] = []): Redact {
  const hidden = [...new Set(secrets)].filter((secret) => secret !== '' && !publicNames.includes(secret));
  if (hidden.length === 0) {
    return (text) => text;
  }
  const longestFirst = hidden.toSorted((one, other) => other.length - one.length);
  const pattern = new RegExp(longestFirst.map(patternOf).join('|'), 'g');
  return (text) => text.replace(pattern, '***');
}

function patternOf(secret: string): string {
  const literal = secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return secret.length < SHORTEST_UNMISTAKABLE ? `(?<!\\w)${literal}(?!\\w)` : literal;
}
