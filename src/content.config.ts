// The pages' collection. A lesson's own fields are judged by src/lesson, in its author's words; here they only pass.

import { docsLoader, i18nLoader } from '@astrojs/starlight/loaders';
import { docsSchema, i18nSchema } from '@astrojs/starlight/schema';
import { defineCollection } from 'astro:content';
import { z } from 'astro/zod';

export const collections = {
  // Starlight’s few words that our frame does not replace; without the collection it warns with every page.
  i18n: defineCollection({ loader: i18nLoader(), schema: i18nSchema() }),
  docs: defineCollection({
    loader: docsLoader(),
    schema: docsSchema({
      extend: z.object({
        module: z.number().optional(),
        lesson: z.number().optional(),
        minutes: z.number().optional(),
        goal: z.string().optional(),
        lead: z.string().optional(),
        optional: z.boolean().optional(),
      }),
    }),
  }),
};
