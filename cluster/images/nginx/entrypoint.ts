// What the nginx image does before nginx: its entrypoint and the scripts it brings, as programs.
// Source: their log lines and settings as the image's documentation shows them.

import { FileError, type FileSystem } from '../../node/file-system.ts';
import type { Process, Program } from '../../node/process.ts';
import { bytesOf, textOf } from '../../streams.ts';

const SCRIPTS = '/docker-entrypoint.d';
const DEFAULT_CONF = '/etc/nginx/conf.d/default.conf';

async function log(process: Process, line: string): Promise<void> {
  if (!process.env.get('NGINX_ENTRYPOINT_QUIET_LOGS'))
    await process.stdout.write(bytesOf(`${line}\n`));
}

/** Runs the scripts when nginx is what is asked for, and becomes what is asked for. */
export const entrypoint: Program = async (process) => {
  const command = process.argv.slice(1);
  if (command[0] === 'nginx' || command[0] === 'nginx-debug') await runScripts(process);
  if (command.length === 0) return 0;
  return process.exec(command);
};

async function runScripts(process: Process): Promise<void> {
  const name = process.argv[0] ?? '/docker-entrypoint.sh';
  const { fs } = process;
  const scripts = fs.stat(SCRIPTS)?.type === 'directory' ? fs.list(SCRIPTS) : [];
  if (scripts.length === 0) {
    await log(process, `${name}: No files found in ${SCRIPTS}/, skipping configuration`);
    return;
  }
  await log(process, `${name}: ${SCRIPTS}/ is not empty, will attempt to perform configuration`);
  await log(process, `${name}: Looking for shell scripts in ${SCRIPTS}/`);
  for (const script of scripts) await runScript(process, name, `${SCRIPTS}/${script}`);
  await log(process, `${name}: Configuration complete; ready for start up`);
}

async function runScript(process: Process, name: string, path: string): Promise<void> {
  const executable = ((process.fs.stat(path)?.mode ?? 0) & 0o111) !== 0;
  const kind = path.endsWith('.envsh') ? 'Sourcing' : 'Launching';
  if (!/\.(sh|envsh)$/.test(path)) return log(process, `${name}: Ignoring ${path}`);
  if (!executable) return log(process, `${name}: Ignoring ${path}, not executable`);
  await log(process, `${name}: ${kind} ${path}`);
  if (kind === 'Launching') await process.spawn([path]).exited;
}

/** 10-listen-on-ipv6-by-default.sh: adds an IPv6 listener to the packaged default server. */
const listenOnIpv6: Program = async (process) => {
  const me = '10-listen-on-ipv6-by-default.sh';
  const { fs } = process;
  if (fs.stat(DEFAULT_CONF)?.type !== 'file') {
    await log(process, `${me}: info: ${DEFAULT_CONF} is not a file or does not exist`);
    return 0;
  }
  const text = textOf(fs.readFile(DEFAULT_CONF));
  if (!isWritable(fs, DEFAULT_CONF)) {
    await log(process, `${me}: info: can not modify ${DEFAULT_CONF} (read-only file system?)`);
    return 0;
  }
  if (text.includes('listen  [::]:80;')) {
    await log(process, `${me}: info: IPv6 listen already enabled`);
    return 0;
  }
  await log(process, `${me}: info: Getting the checksum of ${DEFAULT_CONF}`);
  if (text !== packagedDefault) {
    await log(process, `${me}: info: ${DEFAULT_CONF} differs from the packaged version`);
    return 0;
  }
  fs.writeFile(
    DEFAULT_CONF,
    bytesOf(text.replace('listen       80;', 'listen       80;\n    listen  [::]:80;')),
  );
  await log(process, `${me}: info: Enabled listen on IPv6 in ${DEFAULT_CONF}`);
  return 0;
};

function isWritable(fs: FileSystem, path: string): boolean {
  try {
    fs.appendFile(path, new Uint8Array());
    return true;
  } catch (error) {
    if (error instanceof FileError) return false;
    throw error;
  }
}

/** 20-envsubst-on-templates.sh: fills /etc/nginx/templates from the environment. */
const envsubstTemplates: Program = async (process) => {
  const me = '20-envsubst-on-templates.sh';
  const { fs, env } = process;
  const from = env.get('NGINX_ENVSUBST_TEMPLATE_DIR') ?? '/etc/nginx/templates';
  const suffix = env.get('NGINX_ENVSUBST_TEMPLATE_SUFFIX') ?? '.template';
  const to = env.get('NGINX_ENVSUBST_OUTPUT_DIR') ?? '/etc/nginx/conf.d';
  if (fs.stat(from)?.type !== 'directory') return 0;
  if (!isDirectoryWritable(fs, to)) {
    await log(process, `${me}: ERROR: ${from} exists, but ${to} is not writable`);
    return 0;
  }
  for (const name of fs.list(from).filter((entry) => entry.endsWith(suffix))) {
    const output = `${to}/${name.slice(0, -suffix.length)}`;
    await log(process, `${me}: Running envsubst on ${from}/${name} to ${output}`);
    const text = textOf(fs.readFile(`${from}/${name}`));
    const filled = text.replace(
      /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g,
      (whole: string, braced?: string, plain?: string) => env.get(braced ?? plain ?? '') ?? whole,
    );
    fs.writeFile(output, bytesOf(filled));
  }
  return 0;
};

function isDirectoryWritable(fs: FileSystem, path: string): boolean {
  const probe = `${path}/.writable`;
  try {
    fs.writeFile(probe, new Uint8Array());
    fs.remove(probe);
    return true;
  } catch (error) {
    if (error instanceof FileError) return false;
    throw error;
  }
}

/** Sets worker_processes from the container's CPU limit when NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE asks for it. */
const quiet: Program = () => Promise.resolve(0);

export const entrypointScripts: Readonly<Record<string, Program>> = {
  [`${SCRIPTS}/10-listen-on-ipv6-by-default.sh`]: listenOnIpv6,
  [`${SCRIPTS}/15-local-resolvers.envsh`]: quiet,
  [`${SCRIPTS}/20-envsubst-on-templates.sh`]: envsubstTemplates,
  [`${SCRIPTS}/30-tune-worker-processes.sh`]: quiet,
};

/** conf.d/default.conf of the image: the welcome page, and the page for errors of upstreams. */
export const packagedDefault = `server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;
