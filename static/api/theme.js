// Dark where the console is: as it was told there, else as the system is.
const { classList, dataset } = document.documentElement;
const system = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () =>
  classList.toggle("dark-mode", dataset.theme === "auto" ? system.matches : dataset.theme === "dark");
follow();
system.addEventListener("change", follow);
