// Families of images: one repository, many tags, an image for each tag people use.
// Knows nothing of registries or references.

import type { Image } from '../node/image.ts';

export interface ImageFamily {
  /** As people write it: `nginx`, `nicolaka/netshoot`. */
  repository: string;
  /** Full names of the same repository elsewhere: `registry.istio.io/release/proxyv2`. */
  aliases?: readonly string[];
  /** Tags to name to somebody who asked for another: a few of many. */
  examples: readonly string[];
  /** The same image for the same tag; undefined for a tag the real repository does not have either. */
  image(tag: string): Image | undefined;
}

/** A repository whose tags are all one image. */
export function singleImage(image: Image): ImageFamily {
  const { repository, tags } = image;
  return {
    repository,
    examples: typeof tags === 'function' ? ['latest'] : tags,
    image: (tag) =>
      (typeof tags === 'function' ? tags(tag) : tags.includes(tag)) ? image : undefined,
  };
}

/** Makes each image once, however often it is asked for: containers of one image share its files. */
export function imageFamily(
  repository: string,
  examples: readonly string[],
  make: (tag: string) => Image | undefined,
): ImageFamily {
  const made = new Map<string, Image | undefined>();
  return {
    repository,
    examples,
    image: (tag) => {
      if (!made.has(tag)) made.set(tag, make(tag));
      return made.get(tag);
    },
  };
}
