"""The control plane's documentation page: one HTML page from its OpenAPI, that needs no network."""

from __future__ import annotations

from html import escape
from typing import Any

import orjson

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
h2{margin-top:2rem;border-bottom:1px solid #ddd;text-transform:capitalize}
details{margin:.3rem 0;border:1px solid #e4e4e4;border-radius:4px}
summary{cursor:pointer;padding:.4rem .6rem}summary code{margin:0 .6rem;font-weight:600}
details>div{padding:.2rem 1rem 1rem}.v{display:inline-block;width:4.2rem;font:600 12px monospace}
.get{color:#1565a8}.post{color:#207a3c}.delete{color:#b3261e}.put,.patch{color:#99600a}
table{border-collapse:collapse}td{padding:.15rem .8rem .15rem 0;vertical-align:top}
pre{background:#f6f6f6;padding:.6rem;overflow:auto}
@media(prefers-color-scheme:dark){body{background:#16181b;color:#ddd}pre{background:#222}
details,h2{border-color:#3a3a3a}}
"""


def page(document: dict[str, Any]) -> str:
    """The page of an OpenAPI document."""
    groups: dict[str, list[str]] = {}
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            tag = operation.get("tags", ["other"])[0]
            groups.setdefault(tag, []).append(_operation(path, verb, operation, document))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(ones)}" for tag, ones in groups.items())
    title = escape(document["info"]["title"])
    about = escape(document["info"].get("description", ""))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
        f"<style>{STYLE}</style><h1>{title} {escape(document['info']['version'])}</h1>"
        f'<p>{about}<p><a href="openapi.json">openapi.json</a>{body}</html>'
    )


def _operation(path: str, verb: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code><td>{escape(one['in'])}"
        f"<td>{escape(str(one.get('schema', {}).get('default', '')))}"
        f"<td>{escape(one.get('description') or one.get('schema', {}).get('description', ''))}"
        for one in operation.get("parameters", [])
    )
    parts = [f"<table>{rows}</table>"] if rows else []
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = content.get("schema", {})
        parts.append(f"<p>Body <code>{escape(media)}</code></p>{_schema(schema, document)}")
        parts += [f"<pre>{escape(_json(one))}</pre>" for one in schema.get("examples", [])]
    for status, answer in operation.get("responses", {}).items():
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        if status.startswith("2") and schema:
            parts.append(f"<p>Answer {escape(status)}</p>{_schema(schema, document)}")
    return (
        f"<details><summary><span class='v {verb}'>{verb.upper()}</span><code>{escape(path)}</code>"
        f"{escape(operation.get('summary', ''))}</summary><div>{''.join(parts)}</div></details>"
    )


def _schema(schema: dict[str, Any], document: dict[str, Any]) -> str:
    """The fields of a schema, as a table; of a list or a map, those of what is in it."""
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            return _schema(schema[key], document)
    for one in schema.get("anyOf", []):
        if "$ref" in one:
            return _schema(one, document)
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{escape(_type(field))}"
        f"<td>{escape(field.get('description', ''))}"
        for name, field in schema.get("properties", {}).items()
    )
    return f"<table>{rows}</table>" if rows else ""


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(one) for one in field["anyOf"]))
    if "enum" in field:
        return " or ".join(str(one) for one in field["enum"])
    return str(field.get("const", field.get("type", "any")))


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
