/** Markup that is safe to send as it stands. Made by {@link html} alone. */
export class Html {
  public constructor(public readonly text: string) {}
}

/** What a template takes: texts are escaped, lists joined, and nothing is nothing. */
export type Content = Html | string | number | false | null | undefined | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The one way to markup: every value is text, whatever it holds, without what moves, hides or turns round what stands beside it. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(parts.map((part, place) => part + textOf(values[place])).join(''));
}

function textOf(content: Content): string {
  if (content instanceof Html) {
    return content.text;
  }
  if (typeof content === 'string' || typeof content === 'number') {
    return escaped(String(content));
  }
  return typeof content === 'object' && content !== null ? content.map(textOf).join('') : '';
}

function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{C}/gu, '')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
