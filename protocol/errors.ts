// The catalogue of what can go wrong on the line between a page and its lab: a code for programs, a sentence for people.
// docs/errors.md is this table in prose; a test keeps them equal. Knows nothing of sockets or of who is on either end.

export interface LabError {
  /** WebSocket close code, where a socket ends with it. */
  close?: number;
  /** HTTP status, where a request ends with it. */
  status?: number;
  /** What happened and the next move, for the person at the page or the terminal. */
  say: string;
}

/** 4400 protocol, 4401 not let in, 4403 role, 4404 gone, 4408 silence, 4409 taken over, 4413 too big, 4429 too much, 4503 closing. */
export const labErrors = {
  LAB_FRAME_EMPTY: {
    close: 4400,
    say: 'A frame without a type arrived. Reload the page: it may be older than the lab.',
  },
  LAB_FRAME_TYPE: {
    close: 4400,
    say: 'A frame of a type that this side does not know arrived. Reload the page: it may be older than the lab.',
  },
  LAB_FRAME_LENGTH: {
    close: 4400,
    say: 'A frame was shorter or longer than its type allows. Reload the page: it may be older than the lab.',
  },
  LAB_FRAME_JSON: {
    close: 4400,
    say: 'A frame did not hold the JSON that its type asks for. Reload the page: it may be older than the lab.',
  },
  LAB_FRAME_TEXT: {
    close: 4400,
    say: 'A text message arrived where frames are binary. Reload the page: it may be older than the lab.',
  },
  LAB_FRAME_TOO_BIG: {
    close: 4413,
    say: 'A frame was larger than its type allows. Send long input in pieces of at most 16 kB.',
  },
  LAB_HELLO_FIRST: {
    close: 4401,
    say: 'A terminal spoke before it had introduced itself. Reload the page.',
  },
  LAB_HELLO_TWICE: {
    close: 4400,
    say: 'A terminal introduced itself twice. Reload the page.',
  },
  LAB_HELLO_LATE: {
    close: 4401,
    say: 'A terminal opened its line and then said nothing for 5 s. The page tries again by itself.',
  },
  LAB_TICKET: {
    close: 4401,
    say: 'The ticket for this terminal is used up, older than 30 s or for another terminal. The page asks for a new one by itself.',
  },
  LAB_READ_ONLY: {
    close: 4403,
    say: 'This page only watches the terminal, which another page writes to. Take it over to type here.',
  },
  LAB_SESSION_GONE: {
    status: 404,
    close: 4404,
    say: 'This terminal no longer exists: it was closed, or Meshproof was started again. Open a new one.',
  },
  LAB_SILENT: {
    close: 4408,
    say: 'The page did not answer for 30 s. Its shell goes on; the page comes back by itself.',
  },
  LAB_HUNG: {
    close: 4408,
    say: 'The page drew nothing for 30 s while output waited. Its shell goes on; the page comes back by itself.',
  },
  LAB_TAKEN_OVER: {
    close: 4409,
    say: 'This terminal was taken over by another page. Take it back to type here.',
  },
  LAB_PASTE_TOO_LARGE: {
    close: 4429,
    say: 'More was typed or pasted than the program takes: 64 kB wait already. Wait until it reads, or press Ctrl+C.',
  },
  LAB_TOO_MANY_SOCKETS: {
    status: 503,
    say: 'Too many pages of this course are open. Close some of them; this one tries again in 5 s.',
  },
  LAB_TOO_MANY_TERMINALS: {
    status: 409,
    say: 'Eight terminals are open already. Close one of them first.',
  },
  LAB_DRAINING: {
    status: 503,
    close: 4503,
    say: 'Meshproof is stopping. Start it again with: npm start',
  },
  LAB_SHELL: {
    status: 500,
    say: 'No shell could be started. Is bash installed? The terminal in which you ran npm start says more.',
  },
  LAB_HOST: {
    status: 421,
    say: 'This address does not belong to the lab. Open the link that npm start printed.',
  },
  LAB_ORIGIN: {
    status: 403,
    say: 'Another site asked for the lab. Only pages of the lab itself may.',
  },
  LAB_LOCKED: {
    status: 401,
    say: 'This browser has not opened the lab yet. Open the link that npm start printed.',
  },
  LAB_SECRET: {
    status: 403,
    say: 'This link is from an earlier start of Meshproof. Open the one that npm start printed last.',
  },
  LAB_TOO_FAST: {
    status: 429,
    say: 'Too many tries to open the lab in a short time. Wait a minute, then open the link again.',
  },
  LAB_BODY_TOO_BIG: {
    status: 413,
    say: 'The request was larger than the lab takes: 64 kB.',
  },
  LAB_BODY: {
    status: 400,
    say: 'The request did not hold what this route asks for. Reload the page: it may be older than the lab.',
  },
  LAB_NOT_FOUND: {
    status: 404,
    say: 'The lab has nothing at this address. Reload the page: it may be older than the lab.',
  },
  LAB_METHOD: {
    status: 405,
    say: 'The lab does not do this at this address. Reload the page: it may be older than the lab.',
  },
  LAB_KIALI_LOCKED: {
    status: 401,
    say: 'This way into Kiali was used already, or is from an earlier start. Press Open Kiali in the course again.',
  },
  LAB_KIALI_AWAY: {
    status: 502,
    say: 'The cluster or its Kiali does not answer: kubectl get pods -n istio-system says more. Then load this again.',
  },
  LAB_KIALI_ELSEWHERE: {
    status: 409,
    say: 'The whole Kiali opens only on the machine that runs Meshproof. From afar, forward a port to it: istioctl dashboard kiali does.',
  },
  LAB_CASE_FOLDER: {
    status: 409,
    say: 'Something else stands where the business case belongs: move business-case out of the lab’s folder, then save again.',
  },
  LAB_TRAVEL_UNKNOWN: {
    status: 404,
    say: 'The course has no such step, or its state is reached by doing the steps before it. Reload the page: it may be older than the lab.',
  },
  LAB_TRAVEL_REFUSED: {
    status: 409,
    say: 'The cluster could not be brought to that step. What it said stands beside; your files are as they were.',
  },
  LAB_INTERNAL: {
    status: 500,
    close: 1011,
    say: 'The lab made a mistake: our fault, not yours. Your shells go on; the terminal in which you ran npm start says more.',
  },
} as const satisfies Record<string, LabError>;

export type LabErrorCode = keyof typeof labErrors;

export function isLabErrorCode(text: string): text is LabErrorCode {
  return Object.hasOwn(labErrors, text);
}

export function labError(code: LabErrorCode): LabError {
  return labErrors[code];
}
