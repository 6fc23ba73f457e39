const LONGEST = 40;

/**
 * Text from a file as a message may show it: in double quotes, at most 40 characters of it, with every character that
 * is not printable ASCII escaped.
 */
export function quote(text: string): string {
  const shown = text.length > LONGEST ? text.slice(0, LONGEST) : text;
  const escaped = shown.replace(
    /[^\x20-\x7e]|["\\]/g,
    (character) =>
      ({ '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' })[character] ??
      `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"${text.length > LONGEST ? '…' : ''}`;
}

/** A list as a sentence has it: `a, b and c`. */
export function listed(words: readonly string[], conjunction: 'and' | 'or' = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}
