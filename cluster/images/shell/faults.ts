// What ends a command, a line or a shell before its time.

/** How much of a script an error takes down: its command, the line it stands on (bash), or the whole shell unless a person types. */
export type Reach = 'command' | 'line' | 'shell';

/** An error the shell itself reports. Printed once, where it stops. */
export class Fault extends Error {
  readonly status: number;
  readonly reach: Reach;
  /** The builtin that speaks, if one does. */
  readonly builtin: string | undefined;
  /** Has been told. It is told where it happens, for that is where standard error points as the command has it. */
  reported = false;

  constructor(
    text: string,
    options: { status?: number; reach?: Reach; builtin?: string | undefined } = {},
  ) {
    super(text);
    this.name = 'Fault';
    this.status = options.status ?? 1;
    this.reach = options.reach ?? 'command';
    this.builtin = options.builtin;
  }
}

/** The shell ends: `exit`, `set -e`, `exec`, or a fatal error that has been printed. */
export class Exit extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`exit ${status}`);
    this.name = 'Exit';
    this.status = status;
  }
}

/** Ctrl-C: whatever runs is left, back to the prompt. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}
