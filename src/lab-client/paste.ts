// A block's text as it is typed: what would end a paste early or press a key of its own is left out. Pure.

const PASTE_BEGINS = '\x1b[200~';
const PASTE_ENDS = '\x1b[201~';

/** With bracketed paste a shell takes all lines as one input; without it each line is its own. Enter at the end. */
export function pasted(text: string, bracketed: boolean): string {
  const plain = lines(text).replace(/\r+$/, '');
  return `${between(plain, bracketed)}\r`;
}

/** The same for what a learner pastes: it ends where it ends, and Enter is theirs. */
export function pastedByHand(text: string, bracketed: boolean): string {
  return between(lines(text), bracketed);
}

function lines(text: string): string {
  return withoutControls(text).replaceAll(/\r\n|\n/g, '\r');
}

function between(plain: string, bracketed: boolean): string {
  return bracketed ? `${PASTE_BEGINS}${plain}${PASTE_ENDS}` : plain;
}

/** C0 and C1 controls other than tab and line ends, and DEL: none belongs in a command, and one of them could hide another. */
function withoutControls(text: string): string {
  return text
    .replaceAll(PASTE_BEGINS, '')
    .replaceAll(PASTE_ENDS, '')
    .replaceAll(/[^\P{Cc}\t\r\n]/gu, '');
}
