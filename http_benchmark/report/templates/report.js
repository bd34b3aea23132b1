// Draws the pictures of the page in its colours and at its width; without it, still images stand in their place.
"use strict";
(() => {
  const themes = JSON.parse(document.getElementById("themes").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = 560;
  const tooltip = { disableDefaultStyle: true }; // the page has styles of its own, and may allow no others

  function fitted(spec, width) {
    const config = structuredClone(themes[dark.matches ? "dark" : "light"]);
    const isNarrow = width < narrow;
    if (isNarrow) {
      config.legend.columns = 2;
      config.axis.labelLimit = config.legend.labelLimit = 110;
    }
    const made = { ...spec, background: "transparent", config };
    if (spec.spec) {
      const columns = isNarrow ? 1 : spec.columns || 1;
      const inside = Math.max(180, isNarrow ? width - 72 : Math.floor((width - 40) / columns) - 50);
      made.columns = columns;
      made.spec = { ...spec.spec, width: inside };
    } else if (typeof spec.width !== "object") {
      made.width = Math.max(180, width - 2);
      made.autosize = { type: "fit-x", contains: "padding" };
    }
    return made;
  }

  async function draw(figure) {
    const live = figure.querySelector(".live");
    const spec = JSON.parse(figure.querySelector(".spec").textContent);
    const width = Math.min(live.parentElement.clientWidth, 900);
    live.hidden = false;
    if (figure.view) figure.view.finalize();
    // Errors only (1): it warns of every interval that is not known.
    const options = { ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip, logLevel: 1 };
    figure.view = await vegaEmbed(live, fitted(spec, width), options);
    live.querySelector("svg").setAttribute("aria-hidden", "true"); // the place has a text for the whole
    figure.classList.add("drawn");
  }

  const drawAll = () => document.querySelectorAll("figure").forEach((figure) =>
    draw(figure).catch((error) => {
      figure.querySelector(".live").hidden = true;
      figure.classList.remove("drawn");
      console.error(error);
    }));

  let waiting = 0;
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(drawAll, 150);
  });
  dark.addEventListener("change", drawAll);
  drawAll();
})();
