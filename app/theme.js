// Runs before the first paint of every page: the chosen theme, so that no other one flashes up.
// A file of its own because the pages forbid inline scripts.
(() => {
  try {
    const theme = localStorage.getItem("image2.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is forbidden: the system's theme it is.
  }
})();
