import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Image } from '../../node/image.ts';
import { bytesOf } from '../../streams.ts';
import { postgres, postgresRelease } from '../postgres.ts';
import { type ServerLab, serverLab } from '../testing/server-lab.ts';
import { execute, statements } from './sql.ts';

function image(tag = '17'): Image {
  const made = postgres.image(tag);
  assert.ok(made);
  return made;
}

/** A database at 10.244.0.5, up and running. */
async function database(
  env: Record<string, string> = { POSTGRES_PASSWORD: 'secret' },
  lab: ServerLab = serverLab(),
) {
  const pod = await lab.start(image(), '10.244.0.5', { env });
  await lab.clock.step(5_000);
  lab.service('database', { clusterIP: '10.96.0.40', ports: [{ port: 5432 }] });
  lab.slice('database', [{ port: 5432 }], ['10.244.0.5']);
  return { lab, pod };
}

/** Another pod with the same image, for its clients. */
async function client(lab: ServerLab, env: Record<string, string> = {}) {
  return lab.start(image(), '10.244.0.6', {
    argv: ['/bin/wait'],
    env,
    config: {
      image: {
        ...image(),
        programs: {
          ...image().programs,
          '/bin/wait': async (process) => {
            await process.sleep(1e9);
            return 0;
          },
        },
      },
    },
  });
}

test('refuses to start without a password, in its own words', async () => {
  const lab = serverLab();
  const pod = await lab.start(image(), '10.244.0.5');
  assert.deepEqual(await pod.container.exited, { exitCode: 1 });
  assert.match(
    pod.log(),
    /^Error: Database is uninitialized and superuser password is not specified\.\n {7}You must specify POSTGRES_PASSWORD to a non-empty value for the\n/,
  );
});

test('makes its database, runs its first server, and then the real one', async () => {
  const { pod } = await database();
  const log = pod.log();
  const order = [
    'The files belonging to this database system will be owned by user "postgres".',
    'creating subdirectories ... ok',
    'Success. You can now start the database server using:',
    'waiting for server to start....',
    'starting PostgreSQL 17.7 on x86_64-pc-linux-gnu',
    'server started',
    'ignoring /docker-entrypoint-initdb.d/*',
    'received fast shutdown request',
    'server stopped',
    'PostgreSQL init process complete; ready for start up.',
    '[1] LOG:  listening on IPv4 address "0.0.0.0", port 5432',
    '[1] LOG:  database system is ready to accept connections',
  ];
  let at = -1;
  for (const line of order) {
    const next = log.indexOf(line, at + 1);
    assert.ok(next > at, `${line}\nis not in its place in\n${log}`);
    at = next;
  }
});

test('takes connections only when it is really up', async () => {
  const lab = serverLab();
  await lab.start(image(), '10.244.0.5', { env: { POSTGRES_PASSWORD: 'x' } });
  const asker = await client(lab);
  const ready = () => asker.run('pg_isready', '-h', '10.244.0.5');
  assert.deepEqual(await ready(), { exitCode: 2, output: '10.244.0.5:5432 - no response\n' });
  await lab.clock.step(5_000);
  assert.deepEqual(await ready(), {
    exitCode: 0,
    output: '10.244.0.5:5432 - accepting connections\n',
  });
});

describe('psql', () => {
  test('in the container is trusted', async () => {
    const { pod } = await database();
    assert.deepEqual(await pod.run('psql', '-U', 'postgres', '-c', 'select 1'), {
      exitCode: 0,
      output: ' ?column? \n----------\n        1\n(1 row)\n\n',
    });
  });

  test('from another pod gives its password, and is told when it is wrong', async () => {
    const { lab, pod } = await database();
    const asker = await client(lab, { PGPASSWORD: 'secret' });
    const select = [
      'psql',
      '-h',
      'database',
      '-U',
      'postgres',
      '-t',
      '-A',
      '-c',
      'select version(), 6*7',
    ];
    const answer = await asker.run(...select);
    assert.match(answer.output, /^PostgreSQL 17\.7 on .*\|42\n$/);
    const wrong = await asker.run(
      'psql',
      'postgresql://postgres:nope@database/postgres',
      '-c',
      'select 1',
    );
    assert.deepEqual(wrong, {
      exitCode: 2,
      output:
        'psql: error: connection to server at "database" (10.96.0.40), port 5432 failed: FATAL:  password authentication failed for user "postgres"\n',
    });
    assert.match(
      pod.log(),
      /FATAL: {2}password authentication failed for user "postgres"\n.*DETAIL: {2}Connection matched file "\/var\/lib\/postgresql\/data\/pg_hba\.conf" line 128: "host all all all scram-sha-256"\n/,
    );
    const bare = await lab.start(image(), '10.244.0.7', {
      argv: ['psql', '-h', 'database', '-U', 'postgres', '-c', 'select 1'],
    });
    assert.deepEqual(await bare.container.exited, { exitCode: 2 });
    assert.match(bare.log(), /fe_sendauth: no password supplied/);
  });

  test('names what it cannot reach, what is not there and what is not simulated', async () => {
    const { lab } = await database({ POSTGRES_HOST_AUTH_METHOD: 'trust' });
    const asker = await client(lab);
    const run = async (...words: string[]) =>
      (await asker.run('psql', '-U', 'postgres', ...words)).output;
    assert.equal(
      await run('-h', 'nowhere', '-c', 'x'),
      'psql: error: could not translate host name "nowhere" to address: Name or service not known\n',
    );
    assert.match(
      await run('-h', '10.244.0.6', '-c', 'x'),
      /connection to server at "10\.244\.0\.6", port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP\/IP connections\?\n$/,
    );
    assert.match(
      await run('-h', 'database', '-d', 'shop', '-c', 'x'),
      /FATAL: {2}database "shop" does not exist\n$/,
    );
    assert.match(
      await run('-h', 'database', '-c', 'create table t (a int)'),
      /^ERROR: {2}this cluster simulates no tables/,
    );
    assert.match(
      await run('-h', 'database', '-c', 'selec 1'),
      /^ERROR: {2}syntax error at or near "selec"\n$/,
    );
    assert.match(
      await run('-c', 'select 1'),
      /connection to server on socket "\/var\/run\/postgresql\/\.s\.PGSQL\.5432" failed: No such file or directory/,
    );
  });
});

test('declines encryption and what is no PostgreSQL, and goes on', async () => {
  const { lab, pod } = await database();
  const net = lab.pod('10.244.0.60');
  const secure = await net.connect('10.244.0.5', 5432);
  await secure.output.write(Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47));
  assert.equal(new TextDecoder().decode((await secure.input.read()) ?? undefined), 'N');
  secure.close();
  const curl = await net.connect('10.244.0.5', 5432);
  await curl.output.write(bytesOf('GET / HTTP/1.1\r\nHost: database:5432\r\n\r\n'));
  assert.equal(await curl.input.read(), null);
  assert.match(pod.log(), /LOG: {2}invalid length of startup packet\n/);
  assert.equal((await pod.run('pg_isready')).exitCode, 0);
});

test('keeps its data through a restart of the server, and stops fast', async () => {
  const { lab, pod } = await database({
    POSTGRES_PASSWORD: 'x',
    POSTGRES_DB: 'shop',
    POSTGRES_USER: 'marcus',
  });
  assert.equal(
    (
      await pod.run(
        'psql',
        '-U',
        'marcus',
        'shop',
        '-tAc',
        'select current_user, current_database()',
      )
    ).output,
    'marcus|shop\n',
  );
  pod.container.signal('SIGINT');
  await lab.clock.step(100);
  assert.deepEqual(await pod.container.exited, { exitCode: 0 });
  assert.match(pod.log(), /received fast shutdown request\n[^]*database system is shut down\n$/);
});

test('versions of tags', () => {
  assert.deepEqual(postgresRelease('13'), { version: '13.23', alpine: false });
  assert.deepEqual(postgresRelease('16.2-alpine'), { version: '16.2', alpine: true });
  assert.deepEqual(postgresRelease('latest'), { version: '18.1', alpine: false });
  for (const tag of ['99', '13.99', 'lates', '']) assert.equal(postgresRelease(tag), undefined);
});

describe('SQL', () => {
  const context = {
    version: '17.7',
    user: 'u',
    database: 'd',
    now: 1_795_343_525_123,
    startedAt: 0,
    serverIp: '10.0.0.1',
    databases: ['postgres'],
  };
  const value = (text: string) => {
    const result = execute(text, context);
    return result.kind === 'rows'
      ? result.rows[0]
      : result.kind === 'error'
        ? result.words
        : result.kind;
  };
  for (const [text, expected] of [
    ["select 'it''s', 1 + 2 * 3, 7 / 2", ["it's", '7', '3']],
    ['select 1 - 2 - 3', ['-4']],
    ['select 1/0', 'division by zero'],
    ['select now()', ['2026-11-22 10:32:05.123+00']],
    ['select a', 'column "a" does not exist'],
    ['select nope()', 'function nope() does not exist'],
    ['show max_connections', ['100']],
    ['show nope', 'unrecognized configuration parameter "nope"'],
    ['begin', 'command'],
    ['-- only a comment', 'empty'],
  ] as const) {
    test(`${text} is ${String(expected)}`, () => assert.deepEqual(value(text), expected));
  }

  test('statements are parted at semicolons outside quotes', () => {
    assert.deepEqual(statements("select ';'; select 2;"), ["select ';'", 'select 2']);
  });
});
