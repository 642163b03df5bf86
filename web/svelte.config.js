import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** Read by Vite and svelte-check alike. */
export default { preprocess: vitePreprocess(), compilerOptions: { runes: true } };
