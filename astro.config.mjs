// The course's site. What it is made of: src/site.ts.

import { defineConfig } from 'astro/config';
import { site } from './src/site.ts';

export default defineConfig(site({ srcDir: './src' }));
