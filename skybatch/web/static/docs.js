// The reference of the API, drawn from /openapi.json.

import { html, nothing, render } from "./vendor/lit-html/lit-html.js";
import { repeat } from "./vendor/lit-html/directives/repeat.js";
import { table } from "./parts.js";

const app = document.getElementById("app");
let reference = null;
let wanted = "";

const nameOf = (ref) => ref.slice(ref.lastIndexOf("/") + 1);

// A schema in a few words, with links to the shapes that it names.
function kind(schema) {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return html`<a href=${`#shape-${name}`}>${name}</a>`;
  }
  if (schema.anyOf) return schema.anyOf.map((each, at) => html`${at ? " or " : ""}${kind(each)}`);
  if (schema.enum) return schema.enum.map((word, at) => html`${at ? ", " : ""}<code>${word}</code>`);
  const names = [schema.type ?? "anything"].flat();
  return names.map((name, at) => html`${at ? " or " : ""}${plain(name, schema)}`);
}

function plain(name, schema) {
  if (name === "array" && schema.items) return html`list of ${kind(schema.items)}`;
  if (name === "object" && typeof schema.additionalProperties === "object") {
    return html`object of ${kind(schema.additionalProperties)}`;
  }
  return schema.format ? `${name} (${schema.format})` : name;
}

// What a value must keep to, besides its type.
function bounds(schema) {
  const told = [];
  const { minimum, maximum } = schema;
  if (maximum !== undefined) told.push(`from ${minimum} to ${maximum}`);
  else if (minimum !== undefined) told.push(`from ${minimum}`);
  if (schema.maxLength !== undefined) told.push(`at most ${schema.maxLength} characters`);
  if (schema.maxItems !== undefined) told.push(`at most ${schema.maxItems}`);
  if (schema.default !== undefined) told.push(`otherwise ${JSON.stringify(schema.default)}`);
  return told.length ? html`<span class="quiet">, ${told.join(", ")}</span>` : nothing;
}

function parameters(call) {
  if (!call.parameters.length) return nothing;
  return html`<h4>Parameters</h4>${table(["Name", "In", "What it may be", "Meaning"], call.parameters.map((each) => {
    const schema = each.schema ?? each.content["application/json"].schema;
    return html`<tr><td><code>${each.name}</code></td><td>${each.in}</td>
      <td>${kind(schema)}${bounds(schema)}</td><td>${each.description ?? ""}</td></tr>`;
  }))}`;
}

const members = (shape) => table(["Member", "What it is", "Meaning"],
  Object.entries(shape.properties ?? {}).map(([name, schema]) => html`<tr>
    <td><code>${name}</code>${shape.required?.includes(name) || !shape.required ? nothing : html` <span class="quiet">optional</span>`}</td>
    <td>${kind(schema)}${bounds(schema)}</td><td>${schema.description ?? ""}</td></tr>`));

function body(call) {
  if (!call.requestBody) return nothing;
  const content = Object.entries(call.requestBody.content);
  return html`<h4>Body</h4>${content.map(([type, { schema }]) => schema.properties
    ? html`<p><code>${type}</code></p>${members(schema)}
      ${Object.entries(schema.properties).filter(([, inner]) => inner.properties).map(([name, inner]) =>
        html`<p>Members of <code>${name}</code></p>${members(inner)}`)}`
    : html`<p><code>${type}</code>: ${schema.description}</p>`)}`;
}

const answers = (call) => html`<h4>Answers</h4>${table(["Status", "Meaning", "Shape"],
  Object.entries(call.responses).map(([status, answer]) => answer.$ref
    ? html`<tr><td>others</td><td>What went wrong</td><td><a href="#shape-Problem">Problem</a></td></tr>`
    : html`<tr><td>${status}</td><td>${answer.description}</td><td>${Object.entries(answer.content ?? {}).map(
      ([type, { schema }]) => html`<p><code>${type}</code>: ${kind(schema)}</p>`)}</td></tr>`))}`;

function example(path, method, call) {
  const words = ["curl"];
  if (method !== "get") words.push("-X", method.toUpperCase());
  if (!call.security) words.push("-H", '"Authorization: Bearer $TOKEN"');
  if (call.requestBody) {
    const [name] = Object.keys(call.requestBody.content["application/json"].schema.properties);
    const sent = name === "domains" ? { domains: ["example.com"] } : { [name]: "example.com" };
    words.push("-H", "'Content-Type: application/json'", "-d", `'${JSON.stringify(sent)}'`);
  }
  return html`<pre tabindex="0"><code>${[...words, `'${location.origin}${path}'`].join(" ")}</code></pre>`;
}

const calls = () => Object.entries(reference.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, call]) => ({ path, method, call })));

function group({ name }) {
  const shown = calls().filter(({ path, method, call }) => call.tags.includes(name)
    && `${method} ${path} ${call.summary}`.toLowerCase().includes(wanted));
  if (!shown.length) return nothing;
  return html`<section><h2>${name}</h2>${repeat(shown, ({ call }) => call.operationId, ({ path, method, call }) => html`
    <details id=${call.operationId}>
      <summary><strong class="method">${method.toUpperCase()}</strong> <code class="odd">${path}</code>
        <span class="quiet">${call.summary}</span></summary>
      ${call.description ? html`<p>${call.description}</p>` : nothing}
      ${example(path, method, call)}${parameters(call)}${body(call)}${answers(call)}
    </details>`)}</section>`;
}

function page() {
  const { info, tags, components } = reference;
  return html`
    <a class="skip" href="#content">Skip to the content</a>
    <header><a class="name" href="/">skybatch</a><nav aria-label="Pages"><a href="/">Dashboard</a>
      <a href="/docs" aria-current="page">API</a><a href="/openapi.json">openapi.json</a></nav></header>
    <main id="content" class="reference" tabindex="-1">
      <div class="title"><h1>API of skybatch ${info.version}</h1>
        <span class="actions"><label>Find <input type="search" .value=${wanted}
          @input=${(event) => { wanted = event.target.value.toLowerCase(); draw(); }}></label></span></div>
      <p>${info.description} Calls want the header <code>Authorization: Bearer TOKEN</code>, but for those
        that tell whether the daemon lives. Errors are problem documents that name every fault.</p>
      ${tags.map(group)}
      <section class="shapes" ?hidden=${wanted !== ""}><h2>Shapes</h2>${Object.entries(components.schemas).map(([name, shape]) => html`
        <details id=${`shape-${name}`}><summary><code>${name}</code>
          <span class="quiet">${shape.description ?? ""}</span></summary>
          ${shape.enum ? html`<p>${kind(shape)}</p>` : members(shape)}</details>`)}</section>
    </main>`;
}

function draw() {
  render(page(), app);
}

// What an address points at is open.
function open() {
  const found = document.getElementById(location.hash.slice(1));
  if (found?.tagName !== "DETAILS") return;
  found.open = true;
  found.scrollIntoView();
}

async function begin() {
  const answer = await fetch("/openapi.json");
  reference = await answer.json();
  draw();
  open();
}

addEventListener("hashchange", open);
begin();
