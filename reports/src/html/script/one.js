// 用例 · One case below the table: in full where the page holds it, else its facts and the command that writes its page.
var opened = -1;

function row_of(id) { return data.columns.id.indexOf(id); }

// -1 shuts it.
function open_case(row, look) {
  var place = by_id("case"), columns = data.columns;
  opened = row;
  place.textContent = "";
  place.hidden = row < 0;
  each(space.querySelectorAll(".row"), function (one) { one.classList.toggle("opened", row >= 0 && one.dataset.row === String(row)); });
  if (row < 0) { return; }
  var head = element("h2", "", columns.id[row] + " "), title = element("small", "", word(columns.title[row])), bar = element("p", "tools");
  head.appendChild(title);
  place.appendChild(head);
  bar.appendChild(button_of("link", "copy_link"));
  bar.appendChild(button_of("shut", "close"));
  place.appendChild(bar);
  place.appendChild(facts(row));
  if (data.full[row]) {
    // Made by the page's own template, which escapes whatever others wrote.
    var inside = element("div");
    inside.innerHTML = data.full[row].inside[tongue];
    each(inside.querySelectorAll("pre[data-of]"), function (pre) {
      var text = data.full[row].texts[pre.dataset.of];
      pre.textContent = pre.className === "sent" ? "→ " + text.sent : "← " + text.received;
    });
    place.appendChild(inside);
    enrich(inside);
  } else {
    place.appendChild(element("p", "", say("elsewhere")));
    place.appendChild(element("pre", "command", "crosswipe report " + data.dir + " --case " + columns.id[row] + " --format html"));
  }
  if (look) { place.scrollIntoView(); }
}

function facts(row) {
  var table = element("table", "facts"), columns = data.columns;
  function put(name, value, kind) {
    if (!value) { return; }
    var line = element("tr");
    line.appendChild(element("th", "slim", say(name)));
    line.appendChild(element("td", kind || "", value));
    table.appendChild(line);
  }
  put("result", word(columns.ending[row]), columns.good[row] ? "good" : "bad");
  put("rollback", word(columns.rollback[row]), columns.undone[row] ? "good" : "bad");
  put("business", word(columns.business[row]));
  put("insured", word(columns.from[row]));
  put("treatment", word(columns.to[row]));
  put("institution", word(columns.institution[row]));
  put("amount", columns.amount[row] === null ? "" : "¥" + yuan(columns.amount[row]));
  put("open_amount", columns.open[row] ? "¥" + yuan(columns.open[row]) : "", "bad");
  put("class", columns.classes[row].map(function (one) { return word(one) + " " + key_of(one); }).join(" · "), "bad");
  put("error_code", columns.codes[row].map(word).join(" "), "bad");
  put("tag", columns.tags[row].map(word).join(" "));
  put("began", columns.began[row]);
  put("visit", columns.visits[row], "code");
  put("settlement", columns.settlements[row], "code");
  put("message_ids", data.full[row] ? "" : columns.messages[row], "code");
  if (!data.full[row]) { (data.said[row] || [[], []])[tongue].forEach(function (one) { put("review_short", one); }); }
  return table;
}

function repeated(body) {
  var quoted = "'" + body.replace(/'/g, "'\\''") + "'";
  return "curl -sS \"$PLATFORM\" -H 'Content-Type: application/json' -H \"x-tif-paasid: $PAASID\" -H \"x-tif-timestamp: $TIMESTAMP\" -H \"x-tif-nonce: $NONCE\" -H \"x-tif-signature: $SIGNATURE\" --data-raw " + quoted;
}

// What was sent and received as a table of fields, set out line by line, and what was sent repeated by hand.
function enrich(inside) {
  each(inside.querySelectorAll(".raw pre"), function (pre) {
    var plain = pre.textContent, body = plain.slice(2), tools = element("p", "tools"), raw = pre.parentNode, parsed, set_out, named;
    try { parsed = JSON.parse(body); } catch (error) { return; }
    named = element("button", "", raw.dataset.fields);
    named.addEventListener("click", function () {
      var next = pre.nextSibling;
      if (next && next.className === "fields") { raw.removeChild(next); pre.hidden = false; } else { raw.insertBefore(field_table(parsed), next); pre.hidden = true; }
    });
    tools.appendChild(named);
    set_out = element("button", "", raw.dataset.pretty);
    set_out.addEventListener("click", function () { pre.textContent = pre.textContent === plain ? plain.slice(0, 2) + JSON.stringify(parsed, null, 2) : plain; });
    tools.appendChild(set_out);
    if (pre.className === "sent") {
      var again = element("button", "", raw.dataset.curl);
      again.addEventListener("click", function () { copy(repeated(body), again); });
      tools.appendChild(again);
    }
    raw.insertBefore(tools, pre);
  });
}

// Each value with the interface's name of its field, and what a code means.
function field_table(parsed) {
  var table = element("table", "fields"), known = fields || { names: {}, lists: {} };
  function walk(value, path, name) {
    if (value !== null && typeof value === "object") {
      Object.keys(value).forEach(function (inner) { walk(value[inner], path ? path + "." + inner : inner, Array.isArray(value) ? name : inner); });
      return;
    }
    var line = element("tr"), spec = known.names[name], text = String(value), meant = spec && spec[2] && known.lists[spec[2]] && known.lists[spec[2]][text];
    line.appendChild(element("td", "code", path));
    line.appendChild(element("td", "", spec ? spec[tongue] : ""));
    line.appendChild(element("td", "code", text));
    line.appendChild(element("td", "dim", meant ? meant[tongue] : ""));
    table.appendChild(line);
  }
  walk(parsed, "", "");
  return table;
}
