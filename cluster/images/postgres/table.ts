// How psql prints rows. Knows nothing of where they come from.

export interface Format {
  tuplesOnly: boolean;
  aligned: boolean;
}

/** psql's default table: centred headings, numbers to the right. */
export function table(
  columns: readonly string[],
  rows: readonly (string | null)[][],
  format: Format,
): string {
  if (!format.aligned) {
    const head = format.tuplesOnly ? [] : [columns.join('|')];
    const foot = format.tuplesOnly ? [] : [countOf(rows.length)];
    const lines = [
      ...head,
      ...rows.map((row) => row.map((value) => value ?? '').join('|')),
      ...foot,
    ];
    return `${lines.join('\n')}\n`;
  }
  const widths = columns.map((name, at) =>
    Math.max(name.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  const numeric = columns.map((_, at) =>
    rows.every((row) => /^-?\d+(\.\d+)?$/.test(row[at] ?? '')),
  );
  const centred = columns.map((name, at) => {
    const left = Math.floor(((widths[at] ?? 0) - name.length) / 2);
    return ` ${' '.repeat(left)}${name}`.padEnd((widths[at] ?? 0) + 2);
  });
  const body = rows.map((row) =>
    row
      .map((value, at) => {
        const width = widths[at] ?? 0;
        const text = value ?? '';
        const last = at === row.length - 1;
        return ` ${numeric[at] ? text.padStart(width) : last ? text : text.padEnd(width)}${last ? '' : ' '}`;
      })
      .join('|'),
  );
  if (format.tuplesOnly) return `${body.join('\n')}\n\n`;
  const rule = widths.map((width) => '-'.repeat(width + 2)).join('+');
  return `${[centred.join('|'), rule, ...body, countOf(rows.length)].join('\n')}\n\n`;
}

function countOf(rows: number): string {
  return `(${rows} ${rows === 1 ? 'row' : 'rows'})`;
}
