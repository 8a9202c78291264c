// Loads the interface. A file of its own because the page forbids inline scripts; the addresses of
// the interface are hashed, so Trunk writes them into two <meta> elements (see Trunk.toml).
(() => {
  const root = document.documentElement;
  if (typeof WebAssembly !== "object") {
    root.dataset.boot = "unsupported";
    return;
  }
  const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
  addEventListener("DOMContentLoaded", async () => {
    try {
      const { default: init } = await import(meta("image2-app-js"));
      await init({ module_or_path: meta("image2-app-wasm") });
    } catch (error) {
      console.error(error);
      // A panic has its own panel; this is for what never came to run.
      root.dataset.boot ??= "failed";
    }
  });
})();
