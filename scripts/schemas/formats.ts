// Reads number and string formats (int32, int64, byte, date-time …) from the attribute type maps of @kubernetes/client-node.
// Knows how that package writes its models; knows nothing of required fields or references.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Attribute {
  baseName: string;
  format: string;
}

/** Field name → format, for the fields that have one. */
export function readFormats(modelsRoot: string, typeName: string): Map<string, string> {
  for (const name of classNames(typeName)) {
    const file = join(modelsRoot, `${name}.js`);
    if (!existsSync(file)) continue;
    return new Map(
      attributesOf(readFileSync(file, 'utf8'), file)
        .filter((attribute) => attribute.format !== '')
        .map((attribute) => [attribute.baseName, attribute.format]),
    );
  }
  return new Map();
}

/** Names that occur in several groups carry the group's: `CoreV1Event`, `EventsV1Event`, but `V1Pod`. */
function classNames(typeName: string): string[] {
  const [group = '', version = '', type = ''] = typeName.split('.').slice(-3);
  return [`${capitalised(group)}${capitalised(version)}${type}`, `${capitalised(version)}${type}`];
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function attributesOf(text: string, file: string): Attribute[] {
  const start = text.indexOf('attributeTypeMap = [');
  const end = text.indexOf('];', start);
  if (start < 0 || end < 0)
    throw new Error(`${file}: no attributeTypeMap; has client-node changed its models?`);
  return JSON.parse(text.slice(text.indexOf('[', start), end + 1)) as Attribute[];
}
