(function () {
  var hint = document.getElementById("hint");
  document.addEventListener("mousemove", function (event) {
    var text = event.target.getAttribute ? event.target.getAttribute("data-hint") : null;
    hint.hidden = !text;
    if (text) {
      hint.textContent = text;
      hint.style.left = Math.min(event.clientX + 14, window.innerWidth - hint.offsetWidth - 8) + "px";
      hint.style.top = Math.max(8, event.clientY - hint.offsetHeight - 12) + "px";
    }
  });
  document.querySelectorAll("[data-hint] title").forEach(function (title) { title.remove(); });
  document.getElementById("theme").addEventListener("click", function () {
    var root = document.documentElement;
    var dark = root.dataset.theme ? root.dataset.theme === "dark"
      : window.matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
})();
