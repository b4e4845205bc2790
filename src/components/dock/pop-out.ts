// A terminal in a window of its own: where that window is, and which terminal it shows. The window takes the same terminal
// over; when it goes, the keys are the page's again.

/** Where src/site.ts puts the window's page. */
const PAGE = 'terminal/';
const SESSION = 'session';
const SIZE = 'popup,width=960,height=640';

/** Undefined when the browser refuses. A second press brings the same window forward. */
export function openWindow(session: string): Window | undefined {
  const address = `${import.meta.env.BASE_URL.replace(/\/?$/, '/')}${PAGE}${location.search}`;
  const url = new URL(address, location.origin);
  url.searchParams.set(SESSION, session);
  return window.open(url, `meshproof-${session}`, SIZE) ?? undefined;
}

/** The terminal of this window, where it is one. */
export function sessionOfWindow(): string | undefined {
  if (!document.querySelector('terminal-dock[data-alone]')) return undefined;
  return new URLSearchParams(location.search).get(SESSION) ?? '';
}
