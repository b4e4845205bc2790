import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bytesOf, textOf } from '../../streams.ts';
import { FileError, type FileErrorCode, type FileSystem } from '../file-system.ts';
import type { Process } from '../process.ts';
import type { ContainerConfig } from '../runtime.ts';
import { MemoryFiles } from './memory-files.ts';
import { imageOf, startContainer } from './testing/container-lab.ts';

const fails = (code: FileErrorCode) => (error: unknown) =>
  error instanceof FileError && error.code === code;
const text = (files: FileSystem, path: string) => textOf(files.readFile(path));

function volume(files: Record<string, string>): MemoryFiles {
  const memory = new MemoryFiles({ now: () => 0, maxBytes: 1e6 });
  for (const [path, content] of Object.entries(files)) {
    memory.makeDirectory(path.slice(0, path.lastIndexOf('/')), true);
    memory.writeFile(path, bytesOf(content));
  }
  return memory;
}

/** What one process of a container sees. */
async function inside<Result>(
  look: (process: Process) => Result | Promise<Result>,
  config: Partial<ContainerConfig> = {},
): Promise<Result> {
  let seen: Result | undefined;
  let failure: unknown;
  const { container } = startContainer(
    imageOf(
      {
        main: async (process) => {
          try {
            seen = await look(process);
          } catch (error) {
            failure = error;
          }
          return 0;
        },
      },
      {
        files: {
          '/etc/app/app.conf': 'from the image',
          '/etc/app/other.conf': 'other',
          '/var/www': { link: '/srv/www' },
          '/srv/www/index.html': 'hello',
          '/root/secret': { content: 'key', mode: 0o600 },
          '/home/app': { directory: true, uid: 1000, gid: 1000 },
        },
      },
    ),
    ['main'],
    config,
  );
  await container.exited;
  assert.ifError(failure);
  return seen as Result;
}

describe('mounts', () => {
  test('hide what the image has there, and leave the rest', async () => {
    const config = volume({ '/default.conf': 'from the volume' });
    await inside(
      ({ fs }) => {
        assert.deepEqual(fs.list('/etc/app'), ['default.conf']);
        assert.equal(text(fs, '/etc/app/default.conf'), 'from the volume');
        assert.ok(fs.list('/etc').includes('app'));
      },
      { mounts: [{ path: '/etc/app', source: { files: config, readOnly: true }, readOnly: true }] },
    );
  });

  test('that are read-only refuse to be written, by any way that leads there', async () => {
    const source = { files: volume({ '/key': 'v' }), readOnly: true };
    await inside(
      ({ fs }) => {
        fs.link('/config/key', '/tmp/way');
        assert.throws(() => fs.writeFile('/config/key', bytesOf('x')), fails('EROFS'));
        assert.throws(() => fs.appendFile('/tmp/way', bytesOf('x')), fails('EROFS'));
        assert.throws(() => fs.remove('/config/key'), fails('EROFS'));
        assert.throws(() => fs.writeFile('/config/new', bytesOf('x')), fails('EROFS'));
        assert.throws(() => fs.remove('/config', true), fails('EBUSY'));
      },
      { mounts: [{ path: '/config', source, readOnly: false }] },
    );
  });

  test('follow their volume while it changes, but a file mounted by subPath does not', async () => {
    const files = volume({ '/v1/key': 'one', '/v2/key': 'two' });
    files.link('v1', '/..data');
    files.link('..data/key', '/key');
    const source = { files, readOnly: true };
    await inside(
      ({ fs }) => {
        assert.deepEqual([text(fs, '/config/key'), text(fs, '/etc/app/app.conf')], ['one', 'one']);
        files.remove('/..data');
        files.link('v2', '/..data');
        assert.deepEqual([text(fs, '/config/key'), text(fs, '/etc/app/app.conf')], ['two', 'one']);
        assert.equal(text(fs, '/etc/app/other.conf'), 'other');
      },
      {
        mounts: [
          { path: '/config', source, readOnly: true },
          { path: '/etc/app/app.conf', source, subPath: 'key', readOnly: true },
        ],
      },
    );
  });

  test('of a directory by subPath show that directory, made when it is not there', async () => {
    const files = volume({ '/data/x': '1' });
    const source = { files, readOnly: false };
    await inside(
      ({ fs }) => {
        assert.deepEqual(fs.list('/one'), ['x']);
        fs.writeFile('/two/new', bytesOf('2'));
        fs.rename('/two/new', '/tmp/moved');
        assert.equal(text(fs, '/tmp/moved'), '2');
        assert.deepEqual(fs.list('/two'), []);
      },
      {
        mounts: [
          { path: '/one', source, subPath: 'data', readOnly: false },
          { path: '/two', source, subPath: 'fresh/deep', readOnly: false },
        ],
      },
    );
    assert.deepEqual(files.list('/'), ['data', 'fresh']);
  });

  test('may lie in each other', async () => {
    await inside(
      ({ fs }) => {
        assert.equal(text(fs, '/a/outer'), 'o');
        assert.equal(text(fs, '/a/b/inner'), 'i');
      },
      {
        mounts: [
          {
            path: '/a',
            source: { files: volume({ '/outer': 'o' }), readOnly: false },
            readOnly: false,
          },
          {
            path: '/a/b',
            source: { files: volume({ '/inner': 'i' }), readOnly: false },
            readOnly: false,
          },
        ],
      },
    );
  });

  test('stay writable when the root is not', async () => {
    await inside(
      ({ fs }) => {
        assert.throws(() => fs.writeFile('/tmp/x', bytesOf('')), fails('EROFS'));
        fs.writeFile('/cache/x', bytesOf('y'));
        fs.writeFile('/dev/null', bytesOf('gone'));
      },
      {
        readOnlyRoot: true,
        mounts: [
          { path: '/cache', source: { files: volume({}), readOnly: false }, readOnly: false },
        ],
      },
    );
  });
});

describe('a user', () => {
  const user = { uid: 1000, gid: 1000 };

  test('may do what the modes allow, and owns what it makes', async () => {
    await inside(
      (process) => {
        const { fs } = process;
        assert.throws(() => fs.readFile('/root/secret'), fails('EACCES'));
        assert.throws(() => fs.writeFile('/etc/app/app.conf', bytesOf('x')), fails('EACCES'));
        assert.throws(() => fs.writeFile('/etc/new', bytesOf('x')), fails('EACCES'));
        assert.throws(() => fs.setMode('/etc/app/app.conf', 0o777), fails('EPERM'));
        assert.throws(() => fs.setOwner('/home/app', 0, 0), fails('EPERM'));
        fs.writeFile('/home/app/mine', bytesOf('x'));
        fs.setMode('/home/app/mine', 0o400);
        assert.deepEqual(
          [fs.stat('/home/app/mine')?.uid, fs.stat('/home/app/mine')?.mode],
          [1000, 0o400],
        );
        assert.throws(() => fs.writeFile('/home/app/mine', bytesOf('y')), fails('EACCES'));
        fs.writeFile('/tmp/anyone', bytesOf('x'));
        assert.deepEqual(process.user, { ...user, name: '1000', home: '/' });
      },
      { user },
    );
  });

  test('that is root may read and write everything', async () => {
    await inside(({ fs, user }) => {
      assert.equal(text(fs, '/root/secret'), 'key');
      fs.writeFile('/home/app/x', bytesOf(''));
      assert.deepEqual(user, { uid: 0, gid: 0, name: 'root', home: '/root' });
    });
  });
});

describe('links', () => {
  test('lead across mounts, and .. is taken after them', async () => {
    await inside(
      ({ fs }) => {
        assert.equal(text(fs, '/var/www/index.html'), 'hello');
        assert.equal(text(fs, '/var/www/../www/index.html'), 'hello');
        assert.throws(() => fs.readFile('/var/www/../nothing'), fails('ENOENT'));
        fs.link('/srv/www/index.html', '/v/page');
        assert.equal(text(fs, '/v/page'), 'hello');
        fs.link('/nowhere', '/tmp/dangling');
        assert.equal(fs.stat('/tmp/dangling'), undefined);
        assert.equal(fs.stat('/tmp/dangling', false)?.type, 'link');
      },
      { mounts: [{ path: '/v', source: { files: volume({}), readOnly: false }, readOnly: false }] },
    );
  });
});

describe('the files of the kubelet and the kernel', () => {
  test('say who the container is', async () => {
    await inside(({ fs }) => {
      assert.equal(
        text(fs, '/etc/hosts'),
        '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nfe00::\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n10.244.0.5\tweb-1\n',
      );
      assert.equal(
        text(fs, '/etc/resolv.conf'),
        'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
      );
      assert.equal(text(fs, '/etc/hostname'), 'web-1\n');
    });
  });

  test('a line in /etc/hosts is heard at once', async () => {
    await inside(async ({ fs, net }) => {
      assert.deepEqual(await net.lookup('legacy'), []);
      fs.appendFile('/etc/hosts', bytesOf('10.9.8.7 legacy # added by hand\n'));
      assert.deepEqual(await net.lookup('legacy'), ['10.9.8.7']);
    });
  });

  test('devices swallow, give, and refuse', async () => {
    await inside(({ fs }) => {
      fs.writeFile('/dev/null', bytesOf('x'));
      assert.equal(fs.readFile('/dev/null').length, 0);
      assert.ok(fs.readFile('/dev/zero').every((byte) => byte === 0));
      assert.throws(() => fs.writeFile('/dev/full', bytesOf('x')), fails('ENOSPC'));
      assert.equal(fs.stat('/dev/null')?.type, 'device');
    });
  });

  test('/dev/stdout is the stream of whoever writes to it', async () => {
    const { container, log } = startContainer(
      imageOf(
        {
          main: async ({ fs }) => {
            fs.appendFile('/var/log/access.log', bytesOf('GET /\n'));
            fs.appendFile('/dev/stderr', bytesOf('oops\n'));
            return 0;
          },
        },
        { files: { '/var/log/access.log': { link: '/dev/stdout' } } },
      ),
      ['main'],
    );
    await container.exited;
    assert.equal(log(), 'GET /\noops\n');
  });

  test('/proc shows processes', async () => {
    await inside((process) => {
      const { fs } = process;
      assert.equal(text(fs, '/proc/1/cmdline'), 'main\0');
      assert.equal(text(fs, '/proc/self/comm'), 'main\n');
      assert.match(text(fs, '/proc/self/status'), /^Name:\tmain\nState:\tS/);
      assert.ok(fs.list('/proc').includes('1'));
      assert.throws(() => fs.writeFile('/proc/1/comm', bytesOf('x')), fails('EACCES'));
      assert.match(text(fs, '/proc/mounts'), /^overlay \/ overlay rw/);
    });
  });
});
