import type { Drawn } from './drawn.js';

/** Spoils a text of base64, or only spells it otherwise. */
export type Spoiling = (text: string, drawn: Drawn) => string;

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/';
const FOREIGN = Array.from('!"#$%&\'()*,.:;<>?@[\\]^`{|}~');
const BLANKS = ['\n', '\r\n', ' ', '\t', '  ', '\v', '\f', '\u001f', '\u0000', '\u007f', '\r'];
const BEYOND_ASCII = ['é', '\u00a0', '\ufeff', '\u200b', '–', 'Ａ', '＝', '🔑', '\u0100', '\u2028'];
const WRAPPINGS = [
  ['"', '"'],
  ["b'", "'"],
  ["'", "'"],
  ['{"secret": "', '"}'],
  ['totp:', ''],
  ['', ' # old'],
  ['', ','],
  ['A', ''],
  ['', 'AAAA'],
  ['====', ''],
] as const;

/** Each way in which what was base64 comes to be something else, by its name. */
export const SPOILINGS = {
  'as it is': (text) => text,
  'foreign characters in it': (text, drawn) => several(text, drawn, (each) => drawn.inserted(each, FOREIGN)),
  'blanks, line ends and controls in it': (text, drawn) => several(text, drawn, (each) => drawn.inserted(each, BLANKS)),
  'blanks, line ends and controls around it': (text, drawn) =>
    (drawn.below(2) === 0 ? '' : drawn.of(BLANKS)) + text + drawn.of(BLANKS),
  'characters beyond ASCII in it': (text, drawn) => several(text, drawn, (each) => drawn.inserted(each, BEYOND_ASCII)),
  'the other alphabet': (text) => text.replaceAll('-', '+').replaceAll('_', '/'),
  'both alphabets': (text, drawn) =>
    text.replace(/[-_]/g, (digit) => (drawn.below(2) === 0 ? digit : digit === '-' ? '+' : '/')),
  'padding that is missing': (text, drawn) => text.slice(0, drawn.below(2) === 0 ? -1 : text.search(/=*$/)),
  'padding that is too long': (text, drawn) => text + '='.repeat(1 + drawn.below(5)),
  'padding in the middle': (text, drawn) => several(text, drawn, (each) => drawn.inserted(each, ['=', '==', '='])),
  'padding with something in it': (text, drawn) =>
    text.replace(/=*$/, (pads) => ['', ...Array.from(pads), ''].join(drawn.of(BLANKS))),
  'a digit after the padding': (text, drawn) => text + drawn.of(DIGITS),
  'its end cut off': (text, drawn) => text.slice(0, -1 - drawn.below(drawn.below(2) === 0 ? 6 : text.length)),
  'its begin cut off': (text, drawn) => text.slice(1 + drawn.below(8)),
  'a digit turned into another': (text, drawn) => drawn.spliced(text, 1, drawn.of(DIGITS)),
  'digits too many': (text, drawn) => drawn.spliced(text, 0, drawn.of(DIGITS).repeat(1 + drawn.below(4))),
  'other bits at its end': (text, drawn) => text.replace(/.(?==*$)/, () => drawn.of(DIGITS)),
  'a bit turned over': (text, drawn) => {
    const bytes = Buffer.from(text, 'base64');
    const at = drawn.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << drawn.below(8));
    return padded(bytes);
  },
  'something around it': (text, drawn) => drawn.of(WRAPPINGS).join(text),
  'itself twice': (text, drawn) => text + drawn.of(['', '\n', '=', ',']) + text,
} satisfies Record<string, Spoiling>;

/** Spoils a text in two or three ways, one after the other. */
export function spoiltAgain(text: string, drawn: Drawn): string {
  const ways: readonly Spoiling[] = Object.values(SPOILINGS);
  return several(text, drawn, (each) => drawn.of(ways)(each, drawn), 2);
}

function several(text: string, drawn: Drawn, once: (text: string) => string, least = 1): string {
  return Array.from({ length: least + drawn.below(2) }).reduce<string>(
    (each) => (each === '' ? each : once(each)),
    text,
  );
}

/** As Python writes base64. */
export function padded(bytes: Buffer): string {
  const text = bytes.toString('base64url');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}
