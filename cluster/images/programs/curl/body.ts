// Bodies curl sends: from files, and multipart forms.

import type { Process } from '../../../node/process.ts';
import { concatBytes, readAll } from '../../../streams.ts';
import { FileError } from '../../../node/file-system.ts';
import { BASE64 } from '../base64.ts';
import { baseName } from '../files.ts';
import { openInput } from '../inputs.ts';
import { encodeText } from '../text.ts';
import { CurlUsage } from './options.ts';

export interface Body {
  bytes: Uint8Array;
  /** Undefined for -T, which names none. */
  contentType: string | undefined;
}

/** `name=content`, `name=@file;type=text/x`, `name=<file`. */
export async function formBody(process: Process, fields: readonly string[]): Promise<Body> {
  const boundary = `------------------------${Array.from({ length: 22 }, () => BASE64[Math.floor(process.random() * 62)]).join('')}`;
  const parts: Uint8Array[] = [];
  for (const field of fields) {
    const [name = '', ...rest] = field.split('=');
    const [content = '', ...attributes] = rest.join('=').split(';');
    const type = attributes.find((one) => one.startsWith('type='))?.slice(5);
    const isFile = content.startsWith('@');
    const bytes =
      isFile || content.startsWith('<')
        ? await fileBytes(process, content.slice(1), 26)
        : encodeText(content);
    const named = isFile ? `; filename="${baseName(content.slice(1))}"` : '';
    const typed = type ?? (isFile ? 'application/octet-stream' : undefined);
    parts.push(
      encodeText(
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${named}\r\n${typed ? `Content-Type: ${typed}\r\n` : ''}\r\n`,
      ),
      bytes,
      encodeText('\r\n'),
    );
  }
  parts.push(encodeText(`--${boundary}--\r\n`));
  return { bytes: concatBytes(parts), contentType: `multipart/form-data; boundary=${boundary}` };
}

export async function fileBytes(process: Process, name: string, code: number): Promise<Uint8Array> {
  try {
    return await readAll(openInput(process, name));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new CurlUsage(`Failed to open ${name}`, { code });
  }
}
