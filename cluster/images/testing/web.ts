// A server in a pod that answers each path with literal bytes: for tests of curl and wget.

import type { NetworkLab } from '../../network/testing/network-lab.ts';
import { networkLab } from '../../network/testing/network-lab.ts';
import type { Connection } from '../../network/network.ts';
import { bytesOf, textOf } from '../../streams.ts';

export interface Web {
  lab: NetworkLab;
  /** Whole requests as they came, heads and bodies. */
  requests: string[];
}

export type Answer =
  | string
  /** Closes without a word. */
  | { closes: true }
  | { resets: true }
  /** Says this after so many cluster milliseconds. */
  | { afterMs: number; says: string }
  /** Says the request back. */
  | { echoes: true };

/** Service `web` (10.96.0.80:80) before one pod (10.244.0.20:80). */
export function web(
  answers: Readonly<Record<string, Answer>>,
  options: { latencyMs?: number } = {},
): Web {
  const lab = networkLab(options);
  const requests: string[] = [];
  const server = lab.pod('10.244.0.20', { hostname: 'web-1' });
  lab.service('web', {
    clusterIP: '10.96.0.80',
    clusterIPs: ['10.96.0.80'],
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
  });
  lab.slice('web', [{ port: 80 }], ['10.244.0.20']);
  server.listen(80, (connection) => void serve(lab, connection, answers, requests));
  return { lab, requests };
}

async function serve(
  lab: NetworkLab,
  connection: Connection,
  answers: Readonly<Record<string, Answer>>,
  requests: string[],
): Promise<void> {
  let held = '';
  for (;;) {
    while (!held.includes('\r\n\r\n')) {
      const chunk = await connection.input.read();
      if (!chunk) return connection.close();
      held += textOf(chunk);
    }
    const length = Number(/content-length: (\d+)/i.exec(held)?.[1] ?? 0);
    const end = held.indexOf('\r\n\r\n') + 4 + length;
    while (held.length < end) {
      const chunk = await connection.input.read();
      if (!chunk) return connection.close();
      held += textOf(chunk);
    }
    const request = held.slice(0, end);
    held = held.slice(end);
    requests.push(request);
    const path = /^\S+ (\S+)/.exec(request)?.[1] ?? '';
    const answer =
      answers[path] ??
      answers[path.replace(/\?.*/, '')] ??
      'HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope';
    if (typeof answer === 'string') await connection.output.write(bytesOf(answer));
    else if ('echoes' in answer)
      await connection.output.write(
        bytesOf(`HTTP/1.1 200 OK\r\nContent-Length: ${request.length}\r\n\r\n${request}`),
      );
    else if ('afterMs' in answer) {
      await lab.clock.sleep(answer.afterMs);
      await connection.output.write(bytesOf(answer.says));
    } else return 'resets' in answer ? connection.reset() : connection.close();
    // Without a length the end of the connection is the end of the body.
    if (typeof answer === 'string' && !/content-length|chunked/i.test(answer))
      return connection.close();
    if (typeof answer === 'string' && /x-closes/i.test(answer)) return connection.close();
  }
}

export const hello =
  'HTTP/1.1 200 OK\r\nServer: nginx/1.30\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: keep-alive\r\n\r\nhello\n';
