// Redirections: what each does to the descriptors of a command.

import { NetError } from '../../network/network.ts';
import { FileError } from '../../node/file-system.ts';
import { nothing, readerOf } from '../../streams.ts';
import { fileReader, fileWriter, resolvePath } from '../programs/files.ts';
import { encodeText } from '../programs/text.ts';
import type { Descriptors } from './descriptors.ts';
import { OpenFile } from './descriptors.ts';
import type { Expander } from './expand.ts';
import { Fault } from './faults.ts';
import { cannotOpen } from './messages.ts';
import type { Shell } from './shell.ts';
import type { Redirection, RedirectionOperator, Word } from './syntax.ts';

/** Streams of process substitutions, by the path that stands for them. */
export type SubstitutedStreams = Map<string, OpenFile>;

/** Applies redirections in order to `descriptors`. Throws Fault. */
export async function redirect(
  shell: Shell,
  expander: Expander,
  redirections: readonly Redirection[],
  descriptors: Descriptors,
  streams: SubstitutedStreams,
): Promise<void> {
  for (const redirection of redirections) {
    if (redirection.type === 'heredoc') {
      const text = await expander.text(redirection.body);
      descriptors.set(redirection.fd ?? 0, OpenFile.reading(readerOf(encodeText(text))));
    } else if (redirection.type === 'herestring') {
      const text = await expander.text(redirection.target);
      descriptors.set(redirection.fd ?? 0, OpenFile.reading(readerOf(encodeText(`${text}\n`))));
    } else await toFile(shell, expander, redirection, descriptors, streams);
  }
}

async function toFile(
  shell: Shell,
  expander: Expander,
  { fd, operator, target }: Redirection & { type: 'file' },
  descriptors: Descriptors,
  streams: SubstitutedStreams,
): Promise<void> {
  const name = await targetName(shell, expander, target);
  if ((operator === '<&' || operator === '>&') && /^(?:\d+-?|-)$/.test(name))
    return duplicate(shell, descriptors, fd ?? (operator === '<&' ? 0 : 1), name);
  const both = operator === '&>' || operator === '&>>' || (operator === '>&' && fd === undefined);
  if (operator === '<&' || (operator === '>&' && !both))
    throw new Fault(shell.isBash ? `${name}: ambiguous redirect` : `${name}: bad fd number`);
  const file = streams.get(name)?.retain() ?? (await open(shell, descriptors, name, operator));
  const reading = operator === '<' || operator === '<>';
  descriptors.set(both ? 1 : (fd ?? (reading ? 0 : 1)), file);
  if (both) descriptors.set(2, file.retain());
}

/** bash wants one word; ash takes the text as it is. */
async function targetName(shell: Shell, expander: Expander, target: Word): Promise<string> {
  if (!shell.isBash) return expander.text(target);
  const fields = await expander.fields([target]);
  if (fields.length !== 1) throw new Fault(`${target.source}: ambiguous redirect`);
  return fields[0] ?? '';
}

function duplicate(shell: Shell, descriptors: Descriptors, fd: number, name: string): void {
  if (name === '-') return descriptors.close(fd);
  const source = Number(name.replace('-', ''));
  const file = descriptors.get(source);
  if (!file) throw new Fault(`${source}: Bad file descriptor`);
  if (source !== fd) descriptors.set(fd, file.retain());
  if (name.endsWith('-')) descriptors.close(source);
}

async function open(
  shell: Shell,
  descriptors: Descriptors,
  name: string,
  operator: RedirectionOperator,
): Promise<OpenFile> {
  const own = ownDescriptor(name, operator);
  if (own !== undefined) {
    const file = descriptors.get(own);
    if (!file) throw new Fault(`${name}: No such file or directory`);
    return file.retain();
  }
  const socket = /^\/dev\/(tcp|udp)\/([^/]+)\/([^/]+)$/.exec(name);
  if (socket && shell.isBash) return openSocket(shell, name, socket[2] ?? '', socket[3] ?? '');
  const path = resolvePath(shell.cwd, name);
  const writing = operator !== '<' && operator !== '<>';
  try {
    if (operator === '<') return OpenFile.reading(fileReader(shell.fs, path));
    if (operator === '<>') return readAndWrite(shell, path);
    const exclusive =
      operator === '>' && shell.options.has('noclobber') && shell.fs.stat(path)?.type === 'file';
    const mode = exclusive
      ? 'exclusive'
      : operator === '>>' || operator === '&>>'
        ? 'append'
        : 'truncate';
    if (name === '') throw new FileError('ENOENT', name);
    return OpenFile.writing(fileWriter(shell.fs, path, mode));
  } catch (error) {
    if (error instanceof FileError) throw new Fault(cannotOpen(shell, name, error, writing));
    throw error;
  }
}

function readAndWrite(shell: Shell, path: string): OpenFile {
  const writer = fileWriter(shell.fs, path, 'append');
  return OpenFile.both(fileReader(shell.fs, path), writer, () => writer.end());
}

function ownDescriptor(name: string, operator: RedirectionOperator): number | undefined {
  const reading = operator === '<' || operator === '<>';
  const numbered = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(name);
  if (numbered) return Number(numbered[1]);
  if (name === '/dev/stdin') return 0;
  if (name === '/dev/stdout') return 1;
  if (name === '/dev/stderr') return 2;
  return name === '/dev/tty' ? (reading ? 0 : 1) : undefined;
}

/** bash's `/dev/tcp/host/port`: a connection inside the cluster. */
async function openSocket(
  shell: Shell,
  name: string,
  host: string,
  port: string,
): Promise<OpenFile> {
  const { net, signal } = shell.process;
  const [ip] = await net.lookup(host);
  if (ip === undefined) {
    await shell.complain(`bash: ${host}: Name or service not known\n`);
    throw new Fault(`${name}: Invalid argument`);
  }
  try {
    const connection = await net.connect(ip, Number(port), { signal });
    return OpenFile.both(connection.input, connection.output, () => connection.close());
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    await shell.complain(`bash: connect: ${error.message}\n`);
    throw new Fault(`${name}: ${error.message}`);
  }
}

export const emptyInput = () => OpenFile.reading(nothing);
