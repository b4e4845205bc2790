// The pages' collection. A lesson's own fields are judged by src/lesson, in its author's words; here they only pass.

import { docsLoader } from '@astrojs/starlight/loaders';
import { docsSchema } from '@astrojs/starlight/schema';
import { defineCollection } from 'astro:content';
import { z } from 'astro/zod';

export const collections = {
  docs: defineCollection({
    loader: docsLoader(),
    schema: docsSchema({
      extend: z.object({
        module: z.number().optional(),
        lesson: z.number().optional(),
        minutes: z.number().optional(),
        goal: z.string().optional(),
        lead: z.string().optional(),
      }),
    }),
  }),
};
