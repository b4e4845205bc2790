// nginx' command line.

export interface Options {
  configuration: string;
  /** `-g`: directives of the main level. */
  globals: string;
  action: 'run' | 'test' | 'dump' | 'version' | 'build' | 'signal' | 'help';
  quiet: boolean;
  signal: string;
}

export const CONFIGURATION = '/etc/nginx/nginx.conf';

export const USAGE = `Usage: nginx [-?hvVtTq] [-s signal] [-p prefix]
             [-e filename] [-c filename] [-g directives]

Options:
  -?,-h         : this help
  -v            : show version and exit
  -V            : show version and configure options then exit
  -t            : test configuration and exit
  -T            : test configuration, dump it and exit
  -q            : suppress non-error messages during configuration testing
  -s signal     : send signal to a master process: stop, quit, reopen, reload
  -c filename   : set configuration file (default: ${CONFIGURATION})
  -g directives : set global directives out of configuration file

`;

/** A sentence of nginx' own when the line is wrong. */
export function parseOptions(args: readonly string[]): Options | string {
  const options: Options = {
    configuration: CONFIGURATION,
    globals: '',
    action: 'run',
    quiet: false,
    signal: '',
  };
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('-') || word === '-') return `invalid option: "${word}"`;
    const letters = word.slice(1);
    for (let at = 0; at < letters.length; at++) {
      const letter = letters[at] ?? '';
      if ('pecgs'.includes(letter)) {
        const value = letters.slice(at + 1) || rest.shift();
        if (value === undefined)
          return `option "-${letter}" requires ${VALUES[letter] ?? 'a value'}`;
        if (letter === 'c')
          options.configuration = value.startsWith('/') ? value : `/etc/nginx/${value}`;
        if (letter === 'g') options.globals = value;
        if (letter === 's') {
          if (!['stop', 'quit', 'reopen', 'reload'].includes(value))
            return `invalid option: "-s ${value}"`;
          options.signal = value;
          options.action = 'signal';
        }
        break;
      }
      if (letter === 'q') options.quiet = true;
      else if (letter in ACTIONS) options.action = ACTIONS[letter] ?? 'run';
      else return `invalid option: "${letter}"`;
    }
  }
  return options;
}

const VALUES: Readonly<Record<string, string>> = {
  c: 'file name',
  e: 'file name',
  p: 'directory name',
  g: 'parameter',
  s: 'parameter',
};

const ACTIONS: Readonly<Record<string, Options['action']>> = {
  '?': 'help',
  h: 'help',
  v: 'version',
  V: 'build',
  t: 'test',
  T: 'dump',
};
