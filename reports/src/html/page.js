"use strict";
// Filter, keys and links over rows that are already there; without this script the page still tells everything.
(function () {
  var box = document.getElementById("q"), ctl = document.getElementById("ctl"), shown = document.getElementById("shown");
  var rows = Array.prototype.slice.call(document.querySelectorAll("details.case"));
  var texts = rows.map(function (row) { return (row.textContent + " " + row.dataset.find).toLowerCase(); });
  var only = "all";
  ctl.hidden = false;

  function apply() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean), count = 0;
    rows.forEach(function (row, index) {
      var fits = words.every(function (word) { return texts[index].indexOf(word) >= 0; }) &&
        (only === "all" || (only === "bad" && row.dataset.good === "0") || (only === "open" && row.dataset.undone === "0"));
      row.hidden = !fits;
      if (fits) { count += 1; }
    });
    shown.textContent = count + " / " + rows.length;
    ctl.querySelectorAll("button").forEach(function (button) { button.className = button.dataset.only === only ? "on" : ""; });
  }

  function remember() {
    var state = "q=" + encodeURIComponent(box.value) + "&only=" + only;
    history.replaceState(null, "", "#" + state);
    apply();
  }

  function recall() {
    var hash = location.hash.slice(1), row = document.getElementById(hash);
    if (row && row.tagName === "DETAILS") { row.hidden = false; row.open = true; row.scrollIntoView(); return; }
    if (hash.indexOf("q=") !== 0) { return; }
    hash.split("&").forEach(function (pair) {
      var at = pair.indexOf("="), value = decodeURIComponent(pair.slice(at + 1));
      if (pair.slice(0, at) === "q") { box.value = value; }
      if (pair.slice(0, at) === "only" && /^(all|bad|open)$/.test(value)) { only = value; }
    });
    apply();
    ctl.scrollIntoView();
  }

  var at = -1;
  function jump(step) {
    var bad = rows.filter(function (row) { return row.dataset.good === "0" && !row.hidden; });
    if (!bad.length) { return; }
    at = (at + step + bad.length) % bad.length;
    bad[at].open = true;
    bad[at].scrollIntoView();
    bad[at].querySelector("summary").focus();
  }

  box.addEventListener("input", remember);
  ctl.addEventListener("click", function (event) {
    if (event.target.dataset.only) { only = event.target.dataset.only; remember(); }
  });
  document.addEventListener("keydown", function (event) {
    if (event.target === box) { if (event.key === "Escape") { box.blur(); } return; }
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.key === "/") { event.preventDefault(); box.focus(); }
    if (event.key === "n") { jump(1); }
    if (event.key === "p") { jump(at < 0 ? 0 : -1); }
  });
  window.addEventListener("hashchange", recall);
  apply();
  recall();
})();
