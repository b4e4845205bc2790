// Between pages of this browser: a page whose terminal stands in a window of its own asks that window to type. Nothing but
// pages of this origin hears it, and each of them may type in its own terminal anyway.

const CHANNEL = 'meshproof:terminals';
/** A window that is there answers in a blink; a browser slows the timers of one behind others to a second. */
const ANSWER_MS = 2_000;

/** `run` types a block's text and Enter; `keys` are sent as they are. */
export interface Wish {
  session: string;
  as: 'run' | 'keys';
  text: string;
}

type Message = ({ kind: 'wish'; id: string } & Wish) | { kind: 'done'; id: string };

/** Types for other pages where this one has the keys. `type` is false where it has not. */
export function typeForOthers(type: (wish: Wish) => boolean): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if (data.kind !== 'wish' || !type(data)) return;
    channel.postMessage({ kind: 'done', id: data.id } satisfies Message);
  });
  return () => channel.close();
}

/** True once the page that has the keys has typed it; false when none answers. */
export function typeElsewhere(wish: Wish, patienceMs = ANSWER_MS): Promise<boolean> {
  const id = crypto.randomUUID();
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise((resolve) => {
    const end = (typed: boolean) => {
      clearTimeout(late);
      channel.close();
      resolve(typed);
    };
    const late = setTimeout(() => end(false), patienceMs);
    channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
      if (data.kind === 'done' && data.id === id) end(true);
    });
    channel.postMessage({ kind: 'wish', id, ...wish } satisfies Message);
  });
}
