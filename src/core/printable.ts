/** @file Text that shows all that it holds: signs that steer a terminal, turn the order of reading or hide are written out. */

/** Control signs (C0, DEL, C1), signs of format (no width, order of reading, tags), and separators of lines and paragraphs. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text on one line with hidden signs as escapes: `\x1b`, `\n`, `\u202e`. */
export function printable(text: string): string {
  return text.replace(HIDDEN, (sign) => {
    const code = sign.codePointAt(0)!;
    if (code > 0xffff) return `\\u{${code.toString(16)}}`;
    return SHORT[sign] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

/** The same where line breaks are our own. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** JSON text whose hidden signs are escapes of JSON: it is parsed to the same value. */
export function printableJson(json: string): string {
  // Line breaks between values are JSON's own; within texts it has escaped them and all other signs below a space.
  return json.replace(HIDDEN, (sign) =>
    sign === "\n" ? sign : Array.from({ length: sign.length }, (_, i) => `\\u${hex(sign.charCodeAt(i), 4)}`).join(""),
  );
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
