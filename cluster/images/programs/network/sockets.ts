// netstat and ss: the pod's TCP sockets. Which process has which is not known; there is no UDP.

import type { Socket } from '../../../network/network.ts';
import type { Process } from '../../../node/process.ts';
import { applet } from '../applet.ts';
import type { Options } from '../program.ts';
import { print } from '../program.ts';
import { route } from './interfaces.ts';

export const netstat = applet(
  {
    letters: 'raltuwxenpWi46',
    long: {
      route: 'r',
      all: 'a',
      listening: 'l',
      tcp: 't',
      udp: 'u',
      raw: 'w',
      unix: 'x',
      numeric: 'n',
      programs: 'p',
      program: 'p',
    },
    usage:
      "[-ral] [-tuwx] [-enWp]\n\nDisplay networking information\n\n\t-r\tRouting table\n\t-a\tAll sockets\n\t-l\tListening sockets\n\t\tElse: connected sockets\n\t-t\tTCP sockets\n\t-u\tUDP sockets\n\t-w\tRaw sockets\n\t-x\tUnix sockets\n\t\tElse: all socket types\n\t-n\tDon't resolve names\n\t-p\tShow PID/program name for sockets",
  },
  async (process, options) => {
    if (options.has('r')) return route({ ...process, argv: ['route'] } as Process);
    const kinds = ['t', 'u', 'w', 'x'].filter((kind) => options.has(kind));
    const which = options.has('a')
      ? '(servers and established)'
      : options.has('l')
        ? '(only servers)'
        : '(w/o servers)';
    const programs = options.has('p') ? 'PID/Program name    ' : '';
    let text = '';
    if (kinds.length === 0 || kinds.some((kind) => kind !== 'x')) {
      text += `Active Internet connections ${which}\nProto Recv-Q Send-Q Local Address           Foreign Address         State       ${programs}\n`;
      if (kinds.length === 0 || kinds.includes('t'))
        for (const socket of shownSockets(process, options)) text += netstatLine(socket, options);
    }
    if (kinds.length === 0 || kinds.includes('x'))
      text += `Active UNIX domain sockets ${which}\nProto RefCnt Flags       Type       State         I-Node ${options.has('p') ? programs : ''}Path\n`;
    await print(process, text);
    return 0;
  },
);

/** Connected ones, unless asked for others. */
function shownSockets(process: Process, options: Options): readonly Socket[] {
  const sockets = process.net.sockets();
  if (options.has('a')) return sockets;
  return sockets.filter(({ remote }) => (remote === undefined) === options.has('l'));
}

function netstatLine({ local, remote }: Socket, options: Options): string {
  const from = `${local.ip}:${local.port}`.padEnd(23);
  const to = (remote ? `${remote.ip}:${remote.port}` : '0.0.0.0:*').padEnd(23);
  const state = (remote ? 'ESTABLISHED' : 'LISTEN').padEnd(11);
  return `tcp        0      0 ${from} ${to} ${state} ${options.has('p') ? '-                   ' : ''}\n`;
}

export const ss = applet(
  {
    letters: 'hHVnraloempiszZbKEtudwx0460f:A:NO',
    long: {
      'no-header': 'H',
      numeric: 'n',
      all: 'a',
      listening: 'l',
      tcp: 't',
      udp: 'u',
      processes: 'p',
      ipv4: '4',
      summary: 's',
    },
    usage: '[ OPTIONS ]\n   -n, --numeric\n   -a, --all\n   -l, --listening\n   -t, --tcp',
  },
  async (process, options) => {
    const sockets = options.has('u') && !options.has('t') ? [] : shownSockets(process, options);
    if (options.has('s')) {
      const open = sockets.filter(({ remote }) => remote !== undefined).length;
      await print(
        process,
        `Total: ${process.net.sockets().length}\nTCP:   ${open} (estab ${open}, closed 0, orphaned 0, timewait 0)\n`,
      );
      return 0;
    }
    // Without a kind, which it is has a column of its own.
    const mixed = !options.has('t') || options.has('u');
    const rows = sockets.map(({ local, remote }) => [
      ...(mixed ? ['tcp'] : []),
      remote ? 'ESTAB' : 'LISTEN',
      '0',
      remote ? '0' : '4096',
      `${local.ip}:`,
      String(local.port),
      remote ? `${remote.ip}:` : '0.0.0.0:',
      remote ? String(remote.port) : '*',
    ]);
    const head = [
      ...(mixed ? ['Netid'] : []),
      'State',
      'Recv-Q',
      'Send-Q',
      'Local Address:',
      'Port',
      'Peer Address:',
      'Port',
    ];
    await print(process, columnsText(options.has('H') ? rows : [head, ...rows], head, options));
    return 0;
  },
);

/** Addresses are flush right against their ports; each column is as wide as its widest word. */
function columnsText(
  rows: readonly (readonly string[])[],
  head: readonly string[],
  options: Options,
): string {
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => {
      const words = row.map((word, column) => {
        const width = widths[column] ?? 0;
        const flushRight = head[column]?.endsWith(':') ?? false;
        const last = column === row.length - 1;
        return (
          (flushRight ? word.padStart(width) : word.padEnd(width)) + (flushRight || last ? '' : ' ')
        );
      });
      const isHead = row === head;
      return `${words.join('')}${isHead && !options.has('H') ? 'Process' : ' '.repeat(7)}\n`;
    })
    .join('');
}
