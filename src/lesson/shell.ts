// What can be wrong with commands before anybody types them. Knows bash's quotes and heredocs as far as that takes.

export interface ShellProblem {
  /** Zero-based line of the block. */
  line: number;
  message: string;
}

const HEREDOC = /<<(-?)\s*(?:'([^']+)'|"([^"]+)"|([A-Za-z_][\w-]*))/g;

/** Where a command may begin: at the start, after a separator, or after a word that opens a list. */
const READS = /(?:^|[;&|(){}]|\b(?:do|then|else|while|until|if)\b)\s*read(?:\s|$|;)/;

export function shellProblems(text: string): ShellProblem[] {
  const problems: ShellProblem[] = [];
  const open: { end: string; tabs: boolean; line: number }[] = [];
  let quote = '';
  for (const [at, line] of text.split('\n').entries()) {
    const heredoc = open[0];
    if (heredoc) {
      if ((heredoc.tabs ? line.replace(/^\t+/, '') : line) === heredoc.end) open.shift();
      continue;
    }
    const { bare, quote: after } = withoutQuotes(line, quote);
    if (!quote) {
      for (const match of line.matchAll(HEREDOC)) {
        if (bare[match.index] !== '<' || line[match.index - 1] === '<') continue;
        const end = match[2] ?? match[3] ?? match[4] ?? '';
        open.push({ end, tabs: match[1] === '-', line: at });
      }
    }
    quote = after;
    if (READS.test(bare)) {
      problems.push({
        line: at,
        message:
          '`read` would swallow the rest of the block, because all of it is typed at once. Put the value into the command.',
      });
    }
  }
  for (const { end, line } of open) {
    problems.push({
      line,
      message: `the heredoc never ends: write \`${end}\` alone on a line after its text.`,
    });
  }
  if (!open.length && quote) {
    problems.push({
      line: text.split('\n').length - 1,
      message: `a ${quote} is never closed, so the shell would wait for more.`,
    });
  }
  return problems;
}

/** The line with everything inside quotes blanked out, and the quote that is still open at its end. */
function withoutQuotes(line: string, quoteBefore: string): { bare: string; quote: string } {
  let quote = quoteBefore;
  let bare = '';
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === '\\' && quote !== "'") {
      bare += '  ';
      at++;
    } else if (quote) {
      if (char === quote) quote = '';
      bare += ' ';
    } else if (char === '#' && (at === 0 || /\s/.test(line.charAt(at - 1)))) {
      break;
    } else {
      if (char === "'" || char === '"') quote = char;
      bare += quote ? ' ' : char;
    }
  }
  return { bare, quote };
}
