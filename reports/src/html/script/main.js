// 起步 · Fragment, keys and language; the table comes when the block is unpacked.
function fragment() {
  var parts = [];
  function put(name, value) { if (value) { parts.push(name + "=" + encodeURIComponent(value)); } }
  put("lang", root.dataset.first === tongue_name() ? "" : tongue_name());
  put("q", view.q);
  put("only", view.only === "all" ? "" : view.only);
  FACETS.forEach(function (facet) { put(facet.key, view.by[facet.key]); });
  put("sort", view.sort);
  put("group", view.group);
  put("cols", view.cols);
  put("books", books.party);
  put("rest", books.rest ? "1" : "");
  if (data && opened >= 0) { put("case", data.columns.id[opened]); }
  return parts.join("&");
}

function tongue_name() { return tongue ? "en" : "zh"; }
function remember() { history.replaceState(null, "", "#" + fragment()); }

// What a fragment says, and nothing that it does not know.
function read_fragment() {
  var known = {};
  location.hash.slice(1).split("&").forEach(function (pair) {
    var at = pair.indexOf("=");
    if (at < 0) { return; }
    try { known[pair.slice(0, at)] = decodeURIComponent(pair.slice(at + 1)); } catch (error) { return; }
  });
  return known;
}

function recall() {
  var known = read_fragment(), row;
  speak(known.lang === "en" ? 1 : known.lang === "zh" ? 0 : root.dataset.first === "en" ? 1 : 0);
  view.q = known.q || "";
  view.only = /^(bad|open)$/.test(known.only) ? known.only : "all";
  view.by = {};
  FACETS.forEach(function (facet) { if (known[facet.key]) { view.by[facet.key] = known[facet.key]; } });
  view.sort = /^-?[a-z]$/.test(known.sort) ? known.sort : "";
  view.group = /^[a-z]$/.test(known.group) ? known.group : "";
  view.cols = /^[a-z]+$/.test(known.cols) ? known.cols : "";
  books.party = known.books || "";
  books.rest = known.rest === "1";
  if (!data) { return; }
  if (!data.columns) { show_books(); return; }
  row = known.case ? row_of(known.case) : -1;
  show_all();
  open_case(row, row >= 0);
  if (row < 0 && books.party) { by_id(tongue_name() + "-cells").scrollIntoView(); return; }
  if (row < 0 && (view.q || view.only !== "all" || Object.keys(view.by).length)) { by_id("cases").scrollIntoView(); }
}

// The table anew, with all its words.
function show_all() {
  controls();
  apply();
  show_books();
}

function speak(which) {
  tongue = which;
  root.classList.remove("zh", "en");
  root.classList.add(tongue_name());
  root.lang = which ? "en" : "zh-CN";
  var shown = document.querySelector(".only-" + tongue_name() + "[data-title]");
  if (shown) { document.title = shown.dataset.title; }
}

function other_tongue() {
  speak(tongue ? 0 : 1);
  if (data && data.columns) { var row = opened; show_all(); open_case(row, false); } else if (data) { show_books(); }
  remember();
}

// The next case that is not good, as the table is sorted.
function jump(step) {
  var bad = fits.filter(function (row) { return !data.columns.good[row]; }), at = bad.indexOf(opened);
  if (!bad.length) { return; }
  at = at < 0 ? (step > 0 ? 0 : bad.length - 1) : (at + step + bad.length) % bad.length;
  list.scrollTop = items.indexOf(bad[at]) * ROW;
  in_sight();
  open_case(bad[at], true);
  remember();
}

function act(target) {
  if (target.dataset.tongue) { other_tongue(); }
  if (target.dataset.copy) { copy(target.dataset.copy, target); }
  if (!data) { return; }
  if (target.dataset.only) { view.only = target.dataset.only; apply(); remember(); }
  if (target.dataset.sort) {
    view.sort = view.sort === target.dataset.sort ? "-" + target.dataset.sort : view.sort === "-" + target.dataset.sort ? "" : target.dataset.sort;
    heads(); apply(); remember();
  }
  if (target.dataset.act === "export") { save(visible_rows(), data.run + ".csv"); }
  if (target.dataset.act === "help") { by_id("help").hidden = !by_id("help").hidden; }
  if (target.dataset.act === "shut") { open_case(-1); remember(); by_id("cases").scrollIntoView(); }
  if (target.dataset.act === "link") { copy(location.href.split("#")[0] + "#" + fragment(), target); }
  var row = target.closest ? target.closest(".row[data-row]") : null;
  if (row) { open_case(Number(row.dataset.row), true); remember(); }
}

root.dataset.first = root.classList.contains("en") ? "en" : "zh";
root.classList.add("live");
each(document.querySelectorAll("[data-tongue]"), function (button) { button.hidden = false; });
recall();
// A page of one case has its messages in it already.
each(document.querySelectorAll(".one"), enrich);

document.addEventListener("click", function (event) {
  var link = event.target.closest ? event.target.closest("nav a:not(.away)") : null;
  // The links of the head move the page and leave the view as it is.
  if (link) { event.preventDefault(); var place = by_id(link.getAttribute("href").slice(1)); if (place) { place.scrollIntoView(); } return; }
  act(event.target);
});
document.addEventListener("input", function (event) {
  if (event.target.id === "q") { view.q = event.target.value; apply(); remember(); }
});
document.addEventListener("change", function (event) {
  var target = event.target;
  if (target.dataset.by) { view.by[target.dataset.by] = target.value; apply(); remember(); }
  if (target.id === "group") { view.group = target.value; apply(); remember(); }
  if (target.id === "party") { books.party = target.value; show_books(); remember(); }
  if (target.id === "rest") { books.rest = target.checked; show_books(); remember(); }
  if (target.dataset.column) {
    view.cols = COLUMNS.map(function (column) { return column.key; }).filter(function (key) {
      return document.querySelector("[data-column=" + key + "]").checked;
    }).join("");
    if (view.cols === STANDARD) { view.cols = ""; }
    heads(); apply(); remember();
  }
});
document.addEventListener("keydown", function (event) {
  var target = event.target, row;
  if (target.id === "q") { if (event.key === "Escape") { target.blur(); } return; }
  if (event.ctrlKey || event.metaKey || event.altKey || /^(SELECT|INPUT|TEXTAREA)$/.test(target.tagName)) { return; }
  if (event.key === "l") { other_tongue(); }
  if (!data || !data.columns) { return; }
  if (event.key === "/") { event.preventDefault(); by_id("q").focus(); }
  if (event.key === "n") { jump(1); }
  if (event.key === "p") { jump(-1); }
  if (event.key === "o" || (event.key === "Enter" && target.dataset.row)) {
    row = target.dataset && target.dataset.row ? Number(target.dataset.row) : opened >= 0 ? opened : fits[0];
    if (row !== undefined) { open_case(row === opened ? -1 : row, true); remember(); }
  }
  if (event.key === "c") { copy(location.href.split("#")[0] + "#" + fragment(), null); }
  if (event.key === "?") { by_id("help").hidden = !by_id("help").hidden; }
});
window.addEventListener("hashchange", recall);
window.addEventListener("beforeprint", function () { if (data && data.columns) { on_paper(); } });

unpack(function (read) {
  fields = read.fields;
  // The page of one case has no words, and an index no table.
  if (!read.words) { return; }
  data = read;
  if (!read.columns) { root.classList.add("filled"); recall(); return; }
  set_standard();
  rows = data.columns.id.map(function (id, row) { return row; });
  texts = rows.map(findable);
  by_id("cases").hidden = false;
  root.classList.add("filled");
  recall();
}, function () { root.classList.add("unfilled"); });
