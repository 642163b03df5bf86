import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte(), tailwindcss()],
  build: {
    // Browsers with popovers, Web Locks and module workers: all since April 2024.
    target: ['chrome117', 'firefox125', 'safari17'],
    // The strict Content-Security-Policy admits no data: fonts or styles, so nothing is worth inlining.
    assetsInlineLimit: 0,
  },
  worker: { format: 'es' },
  server: { proxy: { '/socket.io': { target: 'http://localhost:8080', ws: true } } },
});
