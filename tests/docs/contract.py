"""The contract of the merchant's backend as data: what each operation takes and answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Contract:
    path: Path = ROOT / "docs" / "merchant-backend.yaml"

    @cached_property
    def document(self) -> dict[str, Any]:
        return yaml.safe_load(self.path.read_text(encoding="utf-8"))

    def at(self, reference: str) -> Any:
        """What a local `$ref` points to; KeyError where there is nothing."""
        found: Any = self.document
        for name in reference.removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/")]
        return found

    def resolved(self, node: Any) -> Any:
        return self.at(node["$ref"]) if isinstance(node, dict) and "$ref" in node else node

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Every path, method, operation."""
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method != "parameters":
                    yield path, method.upper(), operation

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """The operation that a concrete path (below `base_url`) belongs to; KeyError where there is none."""
        for template, its_method, operation in self.operations():
            if its_method == method and re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", template), path):
                return operation
        raise KeyError(f"{method} {path}")

    def errors(self, schema: Any, value: object) -> list[str]:
        """What keeps the value from fitting a schema of the document."""
        whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [schema], "components": self.document["components"]}
        return [error.message for error in Draft202012Validator(whole).iter_errors(value)]

    def request_errors(self, method: str, path: str, body: bytes) -> list[str]:
        content = self.resolved(self.operation(method, path)["requestBody"])["content"]["application/json"]
        return self.errors(content["schema"], json.loads(body))

    def answer_errors(self, method: str, path: str, status: int, content_type: str, body: bytes) -> list[str]:
        response = self.resolved(self.operation(method, path)["responses"][str(status)])
        return self.errors(response["content"][content_type]["schema"], json.loads(body))
