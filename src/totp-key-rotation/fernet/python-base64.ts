/*
 * Python's `base64.urlsafe_b64decode`, as Tenxyte calls it: with the text's UTF-8 bytes. It takes both alphabets, and passes over every
 * other character: line feeds, blanks, quotes, a byte order mark. A text that Node's own decoder takes for something else may be what a
 * Python program reads every day.
 */

const DIGIT = /[A-Za-z0-9+/_-]/;

/**
 * The bytes that Python reads in a text; nothing when it refuses it. Two readings where digits follow a padding: older releases end there,
 * newer ones go on (https://github.com/python/cpython/issues/145264).
 */
export function pythonBase64(text: string): readonly Buffer[] {
  let digits = '';
  let pads = 0;
  let untilPadding: string | undefined;
  for (const character of text) {
    if (character !== '=') {
      const isDigit = DIGIT.test(character);
      digits += isDigit ? character : '';
      pads = isDigit ? 0 : pads;
    } else if (digits.length % 4 >= 2) {
      pads += 1;
      untilPadding ??= isWhole(digits, pads) ? digits : undefined;
    }
  }
  const readings = new Set([untilPadding, isWhole(digits, pads) ? digits : undefined]);
  return [...readings].flatMap((reading) => (reading === undefined ? [] : [Buffer.from(reading, 'base64')]));
}

/** Groups of four digits, the last of which padding may fill up. */
function isWhole({ length }: string, pads: number): boolean {
  return length % 4 === 0 || (length % 4) + pads >= 4;
}
