"use strict";
// Filter, keys, links and copies over rows that are already there; without this script the page still tells everything.
(function () {
  var box = document.getElementById("q"), ctl = document.getElementById("ctl"), shown = document.getElementById("shown"), help = document.getElementById("help");
  var rows = Array.prototype.slice.call(document.querySelectorAll("details.case"));
  var texts = rows.map(function (row) { return (row.textContent + " " + row.dataset.find).toLowerCase(); });
  var selects = Array.prototype.slice.call(ctl.querySelectorAll("select"));
  var only = "all";
  ctl.hidden = false;

  // Every value that a row has can be chosen; one that all rows share parts nothing.
  selects.forEach(function (select) {
    var values = {};
    rows.forEach(function (row) { (row.dataset[select.dataset.by] || "").split(select.dataset.by === "c" ? " " : "\n").forEach(function (value) { if (value) { values[value] = (values[value] || 0) + 1; } }); });
    Object.keys(values).sort().forEach(function (value) {
      var option = document.createElement("option");
      option.value = value;
      option.textContent = value + " (" + values[value] + ")";
      select.appendChild(option);
    });
    select.hidden = Object.keys(values).length < 2 && select.dataset.by !== "c" || !Object.keys(values).length;
  });

  function chosen(row) {
    return selects.every(function (select) {
      return !select.value || (" " + (row.dataset[select.dataset.by] || "") + " ").indexOf(" " + select.value + " ") >= 0;
    });
  }

  function apply() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean), count = 0;
    rows.forEach(function (row, index) {
      var fits = words.every(function (word) { return texts[index].indexOf(word) >= 0; }) && chosen(row) &&
        (only === "all" || (only === "bad" && row.dataset.good === "0") || (only === "open" && row.dataset.undone === "0"));
      row.hidden = !fits;
      if (fits) { count += 1; }
    });
    shown.textContent = count + " / " + rows.length;
    ctl.querySelectorAll("button").forEach(function (button) { button.className = button.dataset.only === only ? "on" : ""; });
  }

  function remember() {
    var state = "q=" + encodeURIComponent(box.value) + "&only=" + only;
    selects.forEach(function (select) { if (select.value) { state += "&" + select.dataset.by + "=" + encodeURIComponent(select.value); } });
    history.replaceState(null, "", "#" + state);
    apply();
  }

  function recall() {
    var hash = location.hash.slice(1), row = document.getElementById(hash);
    if (row && row.tagName === "DETAILS") { row.hidden = false; row.open = true; row.scrollIntoView(); return; }
    if (hash.indexOf("q=") !== 0) { return; }
    box.value = "";
    only = "all";
    selects.forEach(function (select) { select.value = ""; });
    hash.split("&").forEach(function (pair) {
      var at = pair.indexOf("="), name = pair.slice(0, at), value;
      try { value = decodeURIComponent(pair.slice(at + 1)); } catch (error) { return; }
      if (name === "q") { box.value = value; }
      if (name === "only" && /^(all|bad|open)$/.test(value)) { only = value; }
      selects.forEach(function (select) { if (select.dataset.by === name) { select.value = value; } });
    });
    apply();
    ctl.scrollIntoView();
  }

  var at = -1;
  function current() {
    var focused = document.activeElement, row = focused && focused.closest ? focused.closest("details.case") : null;
    return row || rows.filter(function (row) { return row.open && !row.hidden; })[0] || null;
  }

  function jump(step) {
    var bad = rows.filter(function (row) { return row.dataset.good === "0" && !row.hidden; });
    if (!bad.length) { return; }
    at = (at + step + bad.length) % bad.length;
    bad[at].open = true;
    bad[at].scrollIntoView();
    bad[at].querySelector("summary").focus();
  }

  // Offices open this from a disk, where old browsers have no clipboard for pages.
  function copy(text, button) {
    function done() {
      if (!button) { return; }
      var before = button.textContent;
      button.textContent = ctl.dataset.copied;
      setTimeout(function () { button.textContent = before; }, 1200);
    }
    function by_hand() {
      var area = document.createElement("textarea");
      area.value = text;
      document.body.appendChild(area);
      area.select();
      document.execCommand("copy");
      document.body.removeChild(area);
      done();
    }
    if (navigator.clipboard && navigator.clipboard.writeText) { navigator.clipboard.writeText(text).then(done, by_hand); } else { by_hand(); }
  }

  function repeated(body) {
    var quoted = "'" + body.replace(/'/g, "'\\''") + "'";
    return "curl -sS \"$PLATFORM\" -H 'Content-Type: application/json' -H \"x-tif-paasid: $PAASID\" -H \"x-tif-timestamp: $TIMESTAMP\" -H \"x-tif-nonce: $NONCE\" -H \"x-tif-signature: $SIGNATURE\" --data-raw " + quoted;
  }

  // What was sent and received can be set out line by line, and what was sent repeated by hand; made when it is looked at.
  document.querySelectorAll("details.raw").forEach(function (raw) {
    raw.addEventListener("toggle", function () {
      if (raw.dataset.made) { return; }
      raw.dataset.made = "1";
      raw.querySelectorAll("pre").forEach(function (pre) {
        var plain = pre.textContent, body = plain.slice(2), tools = document.createElement("p"), set_out = document.createElement("button"), parsed;
        try { parsed = JSON.stringify(JSON.parse(body), null, 2); } catch (error) { return; }
        tools.className = "tools";
        set_out.textContent = ctl.dataset.pretty;
        set_out.addEventListener("click", function () { pre.textContent = pre.textContent === plain ? plain.slice(0, 2) + parsed : plain; });
        tools.appendChild(set_out);
        if (pre.className === "sent") {
          var again = document.createElement("button");
          again.textContent = ctl.dataset.curl;
          again.addEventListener("click", function () { copy(repeated(body), again); });
          tools.appendChild(again);
        }
        pre.parentNode.insertBefore(tools, pre);
      });
    });
  });

  box.addEventListener("input", remember);
  selects.forEach(function (select) { select.addEventListener("change", remember); });
  ctl.addEventListener("click", function (event) {
    if (event.target.dataset.only) { only = event.target.dataset.only; remember(); }
  });
  document.addEventListener("click", function (event) {
    if (event.target.dataset && event.target.dataset.copy) { copy(event.target.dataset.copy, event.target); }
  });
  document.addEventListener("keydown", function (event) {
    var row;
    if (event.target === box) { if (event.key === "Escape") { box.blur(); } return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") { return; }
    if (event.key === "/") { event.preventDefault(); box.focus(); }
    if (event.key === "n") { jump(1); }
    if (event.key === "p") { jump(at < 0 ? 0 : -1); }
    if (event.key === "o") { row = current(); if (row) { row.open = !row.open; } }
    if (event.key === "c") { row = current(); if (row) { copy(location.href.split("#")[0] + "#" + row.id, null); } }
    if (event.key === "?") { help.hidden = !help.hidden; }
  });
  window.addEventListener("hashchange", recall);
  apply();
  recall();
})();
