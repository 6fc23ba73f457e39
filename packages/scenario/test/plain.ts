/** True when a text is printable ASCII, a few typographic marks and newlines: nothing that a terminal would obey. */
export function isPlain(text: string): boolean {
  return /^[\n\x20-\x7e…]*$/.test(text);
}
