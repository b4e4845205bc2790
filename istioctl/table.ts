// Columns as Go's text/tabwriter sets them, in the way istioctl uses it: each column as wide as its widest cell plus padding.
// The last cell of a line is not padded. Cells are counted in characters.

/** @param padding spaces between the widest cell of a column and the next one. */
export function table(rows: readonly (readonly string[])[], padding: number): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries())
      if (column < row.length - 1) widths[column] = Math.max(widths[column] ?? 0, lengthOf(cell));
  return rows
    .map((row) => {
      const cells = row.map((cell, column) =>
        column === row.length - 1
          ? cell
          : cell + ' '.repeat((widths[column] ?? 0) + padding - lengthOf(cell)),
      );
      return `${cells.join('')}\n`;
    })
    .join('');
}

const lengthOf = (text: string) => Array.from(text).length;
