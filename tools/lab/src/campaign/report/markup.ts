/** HTML that is safe to put into a page as it is. */
export interface Markup {
  readonly markup: string;
}

type Piece = Markup | string | number | readonly Piece[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(piece: Piece): string {
  if (Array.isArray(piece)) return piece.map(render).join('');
  if (typeof piece === 'object') return (piece as Markup).markup;
  return `${piece}`.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Puts a page together: what is filled in is text, unless it came from this function. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  const parts = strings.map(
    (text, index) => text + (index < pieces.length ? render(pieces[index]!) : ''),
  );
  return { markup: parts.join('') };
}
