// Starts programs without the descriptors of others. A pty's master is not closed on exec, so a child of the process that holds
// terminals would inherit every learner's: whoever writes to one types into that shell. Knows nothing of terminals.

/** bash, not sh: dash cannot close a descriptor above 9. */
const SHELL = 'bash';

/** Closes every descriptor above `$0`, then becomes the program. `/dev/fd` is on Linux and macOS; an unset glob closes nothing. */
const CLOSE_AND_RUN =
  'for f in /dev/fd/*; do n=${f##*/}; case $n in *[!0-9]*) ;; *) [ "$n" -gt "$0" ] && eval "exec $n>&-" ;; esac; done; exec "$@"';

export interface Command {
  file: string;
  args: string[];
}

/** The command that runs `command` with standard input, output and error, and no other descriptor above `keep`. */
export function withoutDescriptors({ file, args }: Command, keep = 2): Command {
  if (process.platform === 'win32') return { file, args }; // handles are not inherited there
  return { file: SHELL, args: ['-c', CLOSE_AND_RUN, String(keep), file, ...args] };
}
