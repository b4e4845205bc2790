// Names that the API makes itself: uids, the ends of generated names. Chance comes from the cluster, so that a seed repeats them.

/** Letters and digits that spell no words: no vowels, and no characters that look like one another. Five make a suffix. */
const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
/** A generated name with its suffix is at most a label long. */
const MAX_NAME = 63;

export function randomSuffix(random: () => number, length = SUFFIX_LENGTH): string {
  let suffix = '';
  while (suffix.length < length)
    suffix += SUFFIX_LETTERS.charAt(Math.floor(random() * SUFFIX_LETTERS.length));
  return suffix;
}

export function generatedName(base: string, random: () => number): string {
  return base.slice(0, MAX_NAME - SUFFIX_LENGTH) + randomSuffix(random);
}

/** A version 4 UUID. */
export function newUid(random: () => number): string {
  let digits = '';
  for (let word = 0; word < 4; word++)
    digits += Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  const variant = ((parseInt(digits.charAt(16), 16) & 3) | 8).toString(16);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
}
