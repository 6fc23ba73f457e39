/** How a column is aligned. */
export type Alignment = 'left' | 'right';

/**
 * Lines with the cells of every column below each other, two spaces apart. The last column is not padded.
 *
 * @param alignments one a column; left where there is none
 */
export function columns(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, index) =>
        alignments[index] === 'right' ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!),
      )
      .join('  ')
      .trimEnd(),
  );
}
