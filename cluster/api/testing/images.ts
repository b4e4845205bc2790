// Images for tests: whatever the name, a program that answers HTTP on port 80 until it is told to end.

import type { Image, ImageRegistry } from '../../node/image.ts';
import { bytesOf } from '../../streams.ts';
import type { Program } from '../../node/process.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n';

const untilKilled: Program = async (process) => {
  const listener = process.net.listen(80, (connection) => {
    void connection.input
      .read()
      .then(() => connection.output.write(bytesOf(ANSWER)))
      .finally(() => connection.close());
  });
  await new Promise<void>((resolve) => {
    process.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  listener.close();
  return 143;
};

export const endlessImages: ImageRegistry = {
  resolve(reference) {
    const [repository = reference, tag = 'latest'] = reference.split(':');
    const image: Image = {
      repository,
      tags: () => true,
      entrypoint: ['/run'],
      cmd: [],
      env: { PATH: '/' },
      workingDir: '/',
      user: { uid: 0, gid: 0, name: 'root', home: '/root' },
      stopSignal: 'SIGTERM',
      size: 1_000_000,
      files: {},
      programs: { '/run': untilKilled },
    };
    const name = `docker.io/library/${repository}:${tag}`;
    return { image, tag, reference: name, imageId: `${name}@sha256:00` };
  },
};
