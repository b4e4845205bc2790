// The page's one polite live region. At most one message a second, so that each is heard to its end.

/** Between two messages: a screen reader drops what is replaced too soon. */
const GAP_MS = 1_000;
/** Older messages are dropped when more than these wait: news, not a backlog. */
const WAITING_MESSAGES = 3;

const waiting: string[] = [];
let busy = false;

export function announce(text: string): void {
  waiting.push(text);
  waiting.splice(0, waiting.length - WAITING_MESSAGES);
  if (!busy) speak();
}

function speak(): void {
  const text = waiting.shift();
  const region = document.getElementById('announcer');
  busy = text !== undefined;
  if (text === undefined || !region) return;
  region.textContent = text;
  setTimeout(speak, GAP_MS);
}
