// Help beside the form, and the count of what may still be written.
(() => {
  // An answer of the help centre opens beside the form, so that what was typed
  // stays, and never between a field and its button. Its links to other answers do
  // the same, in its place.
  const close = (drawer) => {
    drawer.remove();
    drawer.opener.ariaExpanded = "false";
  };
  document.addEventListener("click", async (event) => {
    const shut = event.target.closest("[data-close]")?.closest(".drawer");
    if (shut) {
      close(shut);
      shut.opener.focus();
      return;
    }
    const link = event.target.closest("a[data-help], [data-helps] a[href^='/help/a/']:not([data-whole])");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const inside = link.closest(".drawer");
    let drawer = inside || link.drawer;
    if (!inside && drawer?.isConnected) {
      close(drawer);
      return;
    }
    try {
      const answer = await fetch(link.pathname + "?fragment=1");
      if (!answer.ok) throw 0;
      const text = await answer.text();
      if (!inside) {
        drawer = link.drawer = document.createElement("section");
        drawer.className = "drawer";
        drawer.dataset.helps = "";
        drawer.opener = link;
        (link.closest("form, [role=status]") || link.closest("ul, ol, p") || link).after(drawer);
        link.ariaExpanded = "true";
      }
      drawer.innerHTML = text;
      const title = drawer.querySelector("h2");
      drawer.ariaLabel = title.textContent;
      title.focus();
    } catch {
      location = link.href;
    }
  });

  // How many characters are left is seen at once, and said after a pause.
  let pause;
  document.addEventListener("input", ({ target }) => {
    const most = target.dataset.most, seen = most && document.getElementById(target.id + "-count");
    if (!seen) return;
    const left = most - [...target.value].length;
    seen.textContent = seen.dataset[left < 0 ? "over" : "left"].replace("{n}", Math.abs(left));
    clearTimeout(pause);
    pause = setTimeout(() => seen.nextElementSibling.textContent = seen.textContent, 1000);
  });
})();
