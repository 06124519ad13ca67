// 用例表 · Ten thousand rows of which only those in sight are made; filter, sort, groups, columns, all kept in the fragment.
var ROW = 32, HEAD = 54, AHEAD = 12;
var texts = [], items = [], fits = [], list = null, space = null, made = {};
var view = { q: "", only: "all", by: {}, sort: "", group: "", cols: "" };
// Facets: what can be chosen from a list. `many`: a case has several.
var FACETS = [
  { key: "e", column: "ending", name: "result" }, { key: "r", column: "rollback", name: "rollback" },
  { key: "b", column: "business", name: "business" }, { key: "f", column: "from", name: "insured" },
  { key: "t", column: "to", name: "treatment" }, { key: "i", column: "institution", name: "institution" },
  { key: "c", column: "classes", name: "class", many: true }, { key: "x", column: "codes", name: "error_code", many: true },
  { key: "v", column: "tags", name: "tag", many: true },
  { key: "m", column: "review", name: "review_short", many: true }
];
// Columns that can be shown: what a cell says, and how wide it is.
var COLUMNS = [
  { key: "e", name: "result", width: "7em", column: "ending" }, { key: "r", name: "rollback", width: "9em", column: "rollback" },
  { key: "b", name: "business", width: "5em", column: "business" }, { key: "f", name: "insured", width: "6em", column: "from" },
  { key: "t", name: "treatment", width: "6em", column: "to" }, { key: "i", name: "institution", width: "12em", column: "institution" },
  { key: "a", name: "amount", width: "7em", column: "amount", money: true }, { key: "n", name: "case", width: "minmax(11em,1fr)", column: "id", text: true },
  { key: "h", name: "title", width: "minmax(9em,1fr)", column: "title" }, { key: "o", name: "open_amount", width: "7em", column: "open", money: true },
  { key: "p", name: "person", width: "11em", column: "person" }, { key: "c", name: "class", width: "14em", column: "classes", many: true },
  { key: "x", name: "error_code", width: "8em", column: "codes", many: true }, { key: "v", name: "tag", width: "8em", column: "tags", many: true },
  { key: "m", name: "review_short", width: "8em", column: "review", many: true },
  { key: "w", name: "began", width: "11em", column: "began", text: true }, { key: "k", name: "took", width: "5em", column: "took", number: true },
  { key: "y", name: "visit", width: "16em", column: "visits", text: true }, { key: "z", name: "settlement", width: "16em", column: "settlements", text: true }
];
// Those that are shown unless others are chosen; the review where anybody said anything.
var STANDARD = "";
function set_standard() {
  var keys = "erbftanh" + (data.columns.review.some(function (said) { return said.length; }) ? "m" : "");
  STANDARD = COLUMNS.filter(function (column) { return keys.indexOf(column.key) >= 0; }).map(function (column) { return column.key; }).join("");
}

function cell(column, row) {
  var value = data.columns[column.column][row];
  if (column.money) { return value === null || (column.key === "o" && value === 0) ? "" : yuan(value); }
  if (column.text || column.number) { return String(value); }
  if (column.many) { return value.map(word).join(" · "); }
  return word(value);
}

function shown_columns() {
  var keys = view.cols || STANDARD;
  return COLUMNS.filter(function (column) { return keys.indexOf(column.key) >= 0; });
}

function fitting(row, words) {
  var columns = data.columns;
  return words.every(function (part) { return texts[row].indexOf(part) >= 0; }) &&
    (view.only === "all" || (view.only === "bad" && !columns.good[row]) || (view.only === "open" && !columns.undone[row])) &&
    FACETS.every(function (facet) {
      var wanted = view.by[facet.key], value = columns[facet.column][row];
      if (!wanted) { return true; }
      return facet.many ? value.some(function (one) { return key_of(one) === wanted; }) : key_of(value) === wanted;
    });
}

// Money and counts by size, words as they are read, ties in the order of the plan.
function sorted(found) {
  var down = view.sort[0] === "-", key = down ? view.sort.slice(1) : view.sort, column = COLUMNS.filter(function (one) { return one.key === key; })[0], by;
  if (!column) { return found; }
  by = found.map(function (row) { return { row: row, value: column.money || column.number ? data.columns[column.column][row] || 0 : cell(column, row) }; });
  by.sort(function (a, b) {
    var less = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
    return (down ? -less : less) || a.row - b.row;
  });
  return by.map(function (one) { return one.row; });
}

// Rows under the heading of their group; a case with several codes stands under the first.
function grouped(found) {
  var column = COLUMNS.filter(function (one) { return one.key === view.group; })[0], groups = {}, names = [], flat = [];
  if (!column) { return found; }
  found.forEach(function (row) {
    var name = (column.many ? data.columns[column.column][row].slice(0, 1).map(word).join("") : cell(column, row)) || "–";
    if (!groups["=" + name]) { groups["=" + name] = []; names.push(name); }
    groups["=" + name].push(row);
  });
  names.sort().forEach(function (name) {
    var of_it = groups["=" + name], bad = of_it.filter(function (row) { return !data.columns.good[row]; }).length;
    flat.push({ group: name, count: of_it.length, bad: bad });
    of_it.forEach(function (row) { flat.push(row); });
  });
  return flat;
}

function apply() {
  var words = view.q.toLowerCase().split(/\s+/).filter(Boolean), began = performance.now();
  fits = sorted(rows.filter(function (row) { return fitting(row, words); }));
  items = grouped(fits);
  root.setAttribute("data-filter-ms", String(Math.ceil(performance.now() - began)));
  by_id("shown").textContent = fits.length + " / " + rows.length;
  by_id("none").hidden = fits.length > 0;
  each(document.querySelectorAll("[data-only]"), function (button) { button.className = button.dataset.only === view.only ? "on" : ""; });
  space.style.height = items.length * ROW + "px";
  list.style.height = Math.min(items.length, 18) * ROW + HEAD + "px";
  each(Object.keys(made), function (place) { space.removeChild(made[place]); });
  made = {};
  in_sight();
}

// Makes the rows that are in sight and forgets the others.
function in_sight() {
  var from = Math.max(0, Math.floor(list.scrollTop / ROW) - AHEAD), to = Math.min(items.length, from + Math.ceil((list.clientHeight || 18 * ROW) / ROW) + 2 * AHEAD), at;
  Object.keys(made).forEach(function (place) {
    if (place < from || place >= to) { space.removeChild(made[place]); delete made[place]; }
  });
  for (at = from; at < to; at += 1) {
    if (!made[at]) { made[at] = line(items[at], at); space.appendChild(made[at]); }
  }
}

function line(item, at) {
  var one;
  if (typeof item === "object") {
    one = element("div", "row group", item.group + " · " + item.count + (item.bad ? " · " + say("not_good_short") + " " + item.bad : ""));
  } else {
    one = element("div", "row" + (data.columns.good[item] ? "" : " notgood") + (item === opened ? " opened" : ""));
    one.dataset.row = item;
    one.tabIndex = 0;
    one.setAttribute("role", "row");
    shown_columns().forEach(function (column) {
      var put = element("span", column.money || column.number ? "num" : column.text ? "code" : "", cell(column, item));
      put.setAttribute("role", "cell");
      put.title = put.textContent;
      one.appendChild(put);
    });
  }
  one.style.top = at * ROW + "px";
  return one;
}

// The heads, of the columns that are chosen.
function heads() {
  var head = by_id("heads"), columns = shown_columns();
  head.textContent = "";
  columns.forEach(function (column) {
    var way = view.sort === column.key ? " ▲" : view.sort === "-" + column.key ? " ▼" : "", button = element("button", column.money || column.number ? "num" : "", say(column.name) + way);
    button.title = say("sort_hint");
    button.dataset.sort = column.key;
    head.appendChild(button);
  });
  list.style.setProperty("--columns", columns.map(function (column) { return column.width; }).join(" "));
  var widths = columns.map(function (column) { return Number(/(\d+)em/.exec(column.width)[1]); }), least = widths.reduce(function (sum, one) { return sum + one; }, 0);
  list.style.setProperty("--least", "calc(" + least + "em + " + (columns.length - 1) * 12 + "px)");
}
