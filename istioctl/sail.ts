// The boat that istioctl shows before it installs, drawn anew: a mast, a sail, a hull.

const MAST_ROWS = 4;
const ROWS = 9;
const BLUE_AND_BOLD = '\x1b[94;1m';
const PLAIN = '\x1b[0m';

export function sail(coloured: boolean): string {
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const fore = row < MAST_ROWS ? '' : `/${' '.repeat(row - MAST_ROWS)}`;
    const aft = `|${' '.repeat(row)}\\`;
    return `${fore}${aft}`.padStart(ROWS - MAST_ROWS + 4 + aft.length);
  });
  const width = Math.max(...lines.map((line) => line.length));
  const hull = [
    `${' '.repeat(2)}${'_'.repeat(width - 1)}`,
    `${' '.repeat(4)}\\${'_'.repeat(width - 6)}/`,
  ];
  const drawn = [...lines, ...hull].join('\n');
  return coloured ? `${BLUE_AND_BOLD}${drawn}${PLAIN}\n` : `${drawn}\n`;
}
