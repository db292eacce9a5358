import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    rolldownOptions: { input: ['index.html', 'admin.html'] },
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // A data: URL is not our own file to the page's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
