// Chooses the language and loads the interface. A file of its own because the page forbids inline
// scripts; the addresses are hashed, so the build writes them into <meta> elements.
(() => {
  const root = document.documentElement;
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;
  const languageFile = (language) => meta(`image2-language-${language}`);

  /// The language that was chosen, or else the first one of the browser's that the page has. It is
  /// chosen here, because this page has sentences of its own before the interface runs.
  const chooseLanguage = () => {
    const has = (language) => language === "en" || languageFile(language);
    const languages = navigator.languages.map((tag) => tag.split("-")[0].toLowerCase());
    const preferred = languages.find(has) ?? "en";
    root.dataset.preferredLanguage = preferred;
    let chosen;
    try {
      chosen = localStorage.getItem("image2.language");
    } catch {
      // Storage is forbidden: the browser's language it is.
    }
    root.lang = has(chosen) ? chosen : preferred;
  };

  /// Fetches the language beside the interface, which would ask for it only once it runs.
  const preloadLanguage = () => {
    const href = languageFile(root.lang);
    if (!href) return;
    const link = document.createElement("link");
    Object.assign(link, { rel: "preload", as: "fetch", crossOrigin: "anonymous", href });
    document.head.append(link);
  };

  addEventListener("DOMContentLoaded", async () => {
    chooseLanguage();
    if (typeof WebAssembly !== "object") {
      root.dataset.boot = "unsupported";
      return;
    }
    preloadLanguage();
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
