// Follows the job of a page while it is measured: how far it is, and what its blocks say so far.
"use strict";
(() => {
  const section = document.querySelector("[data-job]");
  const part = (name) => section.querySelector(`[data-live="${name}"]`);
  const events = new EventSource(`/api/v1/jobs/${section.dataset.job}/events`);
  const patience = 1000;
  let asking = false;
  let asked = 0;

  function on(kind, take) {
    events.addEventListener(kind, (event) => take(JSON.parse(event.data)));
  }

  function say(words) {
    part("words").textContent = words;
  }

  async function refresh() {
    if (asking || Date.now() - asked < patience) return;
    asking = true;
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("findings");
      const old = document.getElementById("findings");
      if (old.contains(document.activeElement)) return; // who is in there keeps the place
      if (fresh) old.replaceWith(document.adoptNode(fresh));
      document.querySelector("header.title").replaceWith(document.adoptNode(page.querySelector("header.title")));
    } finally {
      asking = false;
      asked = Date.now();
    }
  }

  function rates(figures) {
    const rows = Object.entries(figures).map(([name, figure]) => {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.className = "left";
      head.textContent = name;
      const cell = document.createElement("td");
      cell.textContent = Math.round(figure).toLocaleString("en");
      row.append(head, cell);
      return row;
    });
    part("rates").tBodies[0].replaceChildren(...rows);
    part("rates").hidden = rows.length === 0;
  }

  on("status", ({ status }) => {
    part("status").textContent = status;
    part("status").className = `state ${status}`;
    say(status === "running" ? "is being prepared" : "");
    if (["finished", "failed", "cancelled"].includes(status)) {
      events.close();
      location.reload();
    }
  });
  let blocks = 1;
  on("plan", (plan) => {
    blocks = plan.blocks;
    say(`${plan.contenders.length} contenders, ${blocks} blocks, about ${Math.ceil(plan.estimated_s)} s`);
  });
  on("progress", (progress) => {
    part("share").value = progress.share;
    say(`block ${progress.block + 1} of ${progress.blocks}`);
    rates(progress.throughput_rps);
  });
  on("block", ({ block }) => {
    part("share").value = Math.max(part("share").value, (block + 1) / blocks);
    refresh();
  });
  on("void", ({ contender, reason }) => say(`${contender} failed (${reason}); the block is repeated`));
})();
