// What the clusters of a thread do again and again, done for all of them at one moment: to wake a thread costs more than what
// any one of them does then.

type Run = () => void;

interface Beat {
  timer: NodeJS.Timeout;
  runs: Set<Run>;
}

const beats = new Map<number, Beat>();

/** Calls `run` every `ms` milliseconds, with all others of that interval, until the returned function is called. */
export function every(ms: number, run: Run): () => void {
  const own: Run = () => run();
  const beat = beats.get(ms) ?? begun(ms);
  beat.runs.add(own);
  return () => {
    beat.runs.delete(own);
    if (beat.runs.size > 0 || beats.get(ms) !== beat) return;
    clearInterval(beat.timer);
    beats.delete(ms);
  };
}

function begun(ms: number): Beat {
  const runs = new Set<Run>();
  const timer = setInterval(() => {
    for (const run of runs) run();
  }, ms);
  const beat = { timer, runs };
  beats.set(ms, beat);
  return beat;
}
