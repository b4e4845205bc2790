// What the postgres image does before its server: refuse to start without a password, make a database cluster, run its
// first server, stop it. The words are the image's own and initdb's.

import type { Process, Program } from '../../node/process.ts';
import { FileError } from '../../node/file-system.ts';
import { fileErrorWords } from '../../node/runtime/container-files.ts';
import { bytesOf, textOf } from '../../streams.ts';
import { CLUSTER_FILE, type ClusterFile } from './session.ts';

const NO_PASSWORD = `Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.

       See PostgreSQL documentation about "trust":
       https://www.postgresql.org/docs/current/auth-trust.html
`;

/** Cluster milliseconds initdb takes for its longer steps; a little over a second in all, as on a laptop. */
const STEP_MS = 300;

const INITDB: readonly (string | { step: string })[] = [
  { step: 'fixing permissions on existing directory $PGDATA ... ' },
  { step: 'creating subdirectories ... ' },
  'selecting dynamic shared memory implementation ... posix\n',
  'selecting default "max_connections" ... 100\n',
  'selecting default "shared_buffers" ... 128MB\n',
  'selecting default time zone ... Etc/UTC\n',
  { step: 'creating configuration files ... ' },
  { step: 'running bootstrap script ... ' },
  { step: 'performing post-bootstrap initialization ... ' },
  { step: 'syncing data to disk ... ' },
];

export function entrypointProgram(major: number): Program {
  return async (process) => {
    const command = process.argv.slice(1);
    const [first = 'postgres'] = command;
    const args = first.startsWith('-') ? ['postgres', ...command] : command;
    if (args[0] !== 'postgres') return process.exec(args);
    const data = process.env.get('PGDATA') ?? '/var/lib/postgresql/data';
    if (process.fs.stat(`${data}/PG_VERSION`)) {
      await say(
        process,
        '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n',
      );
      return process.exec(args);
    }
    const refused = await refusal(process);
    if (refused !== undefined) return refused;
    try {
      await initialize(process, data, major);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await process.stderr.write(
        bytesOf(
          `\ninitdb: error: could not access directory "${data}": ${fileErrorWords[error.code]}\n`,
        ),
      );
      return 1;
    }
    return process.exec(args);
  };
}

const say = (process: Process, text: string) => process.stdout.write(bytesOf(text));

async function refusal(process: Process): Promise<number | undefined> {
  const { env } = process;
  if (env.has('POSTGRES_PASSWORD') && env.has('POSTGRES_PASSWORD_FILE')) {
    await process.stderr.write(
      bytesOf(
        'error: both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set (but are exclusive)\n',
      ),
    );
    return 1;
  }
  if (passwordOf(process) || env.get('POSTGRES_HOST_AUTH_METHOD') === 'trust') return undefined;
  await process.stderr.write(bytesOf(NO_PASSWORD));
  return 1;
}

function passwordOf({ env, fs }: Process): string {
  const file = env.get('POSTGRES_PASSWORD_FILE');
  if (file === undefined) return env.get('POSTGRES_PASSWORD') ?? '';
  try {
    return textOf(fs.readFile(file)).trimEnd();
  } catch (error) {
    if (error instanceof FileError) return ''; // The image then finds no password either, and says so.
    throw error;
  }
}

async function initialize(process: Process, data: string, major: number): Promise<void> {
  const { env, fs } = process;
  const user = env.get('POSTGRES_USER') ?? 'postgres';
  const database = env.get('POSTGRES_DB') ?? user;
  const method = env.get('POSTGRES_HOST_AUTH_METHOD') ?? 'scram-sha-256';
  await initdb(process, data, major);
  const databases = [...new Set(['postgres', 'template0', 'template1', database])];
  const cluster: ClusterFile = { user, password: passwordOf(process), databases, method };
  fs.makeDirectory(data, true);
  fs.writeFile(`${data}/PG_VERSION`, bytesOf(`${major}\n`), 0o600);
  fs.writeFile(`${data}/postgresql.conf`, bytesOf("listen_addresses = '*'\nport = 5432\n"), 0o600);
  fs.writeFile(
    `${data}/pg_hba.conf`,
    bytesOf(`local all all trust\nhost all all 127.0.0.1/32 trust\nhost all all all ${method}\n`),
    0o600,
  );
  fs.writeFile(`${data}/${CLUSTER_FILE}`, bytesOf(JSON.stringify(cluster)), 0o600);
  await firstServer(process, database);
  await say(process, '\nPostgreSQL init process complete; ready for start up.\n\n');
}

async function initdb(process: Process, data: string, major: number): Promise<void> {
  await say(
    process,
    `The files belonging to this database system will be owned by user "postgres".
This user must also own the server process.

The database cluster will be initialized with locale "en_US.utf8".
The default database encoding has accordingly been set to "UTF8".
The default text search configuration will be set to "english".

Data page checksums are ${major >= 18 ? 'enabled' : 'disabled'}.

`,
  );
  for (const line of INITDB) {
    if (typeof line === 'string') {
      await say(process, line);
      continue;
    }
    await say(process, line.step.replace('$PGDATA', data));
    await process.sleep(STEP_MS * (0.5 + process.random()) * 0.5);
    await say(process, 'ok\n');
  }
  await say(
    process,
    `\n\nSuccess. You can now start the database server using:\n\n    pg_ctl -D ${data} -l logfile start\n\n`,
  );
  await process.stderr.write(
    bytesOf(
      major >= 15
        ? 'initdb: warning: enabling "trust" authentication for local connections\ninitdb: hint: You can change this by editing pg_hba.conf or using the option -A, or --auth-local and --auth-host, the next time you run initdb.\n'
        : 'initdb: warning: enabling "trust" authentication for local connections\nYou can change this by editing pg_hba.conf or using the option -A, or\n--auth-local and --auth-host, the next time you run initdb.\n',
    ),
  );
}

/** The image starts its server once on the local socket alone, to make databases and run scripts, and stops it. */
async function firstServer(process: Process, database: string): Promise<void> {
  await say(process, 'waiting for server to start....');
  const server = process.spawn(['postgres', '-c', "listen_addresses=''", '-p', '5432']);
  await process.sleep(STEP_MS / 3);
  await say(process, ' done\nserver started\n');
  if (database !== 'postgres') await say(process, 'CREATE DATABASE\n\n\n');
  await say(process, '\n');
  const scripts = '/docker-entrypoint-initdb.d';
  const names = process.fs.stat(scripts)?.type === 'directory' ? process.fs.list(scripts) : [];
  const me = '/usr/local/bin/docker-entrypoint.sh';
  if (names.length === 0) await say(process, `${me}: ignoring ${scripts}/*\n`);
  for (const name of names)
    await say(
      process,
      `${me}: ignoring ${scripts}/${name}: this simulated cluster runs no SQL scripts\n`,
    );
  await say(process, '\nwaiting for server to shut down....');
  server.kill('SIGINT');
  await server.exited;
  await say(process, ' done\nserver stopped\n');
}
