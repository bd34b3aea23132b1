// Draws the pictures of the page in its colours and at its width; without it, still images stand in their place.
"use strict";
(() => {
  const themes = JSON.parse(document.getElementById("themes").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = 560;
  const tooltip = { disableDefaultStyle: true }; // the page has styles of its own, and may allow no others

  const columnsOf = (spec, width) => (width < narrow ? 1 : spec.columns || 1);

  function fitted(spec, width) {
    const config = structuredClone(themes[dark.matches ? "dark" : "light"]);
    const isNarrow = width < narrow;
    if (isNarrow) {
      config.legend.columns = 2;
      config.axis.labelLimit = config.legend.labelLimit = 110;
    }
    const made = { ...spec, background: "transparent", config };
    if (spec.spec) {
      made.columns = columnsOf(spec, width);
      made.spec = { ...spec.spec, width: Math.floor(width / made.columns) };
    } else if (typeof spec.width !== "object") {
      made.width = Math.max(180, width - 2);
      made.autosize = { type: "fit-x", contains: "padding" };
    }
    return made;
  }

  // Panels get what their axes leave of the width, which is known once they are drawn.
  async function share(view, live, columns, width) {
    const left = width - live.querySelector("svg").getBoundingClientRect().width;
    const inside = view.signal("child_width") + Math.floor(left / columns);
    await view.signal("child_width", Math.max(120, inside)).resize().runAsync();
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
    if (spec.spec) await share(figure.view.view, live, columnsOf(spec, width), width);
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
